// RegistryTestKit
