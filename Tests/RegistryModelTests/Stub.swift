// RegistryModelTests
