// RegistryStoreTests
