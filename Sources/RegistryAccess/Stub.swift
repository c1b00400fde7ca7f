// RegistryAccess: see README.md, architecture map.
