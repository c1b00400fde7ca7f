// RegistryServicesTests
