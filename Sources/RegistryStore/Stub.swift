// RegistryStore: see README.md, architecture map.
