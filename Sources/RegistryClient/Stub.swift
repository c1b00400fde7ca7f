// RegistryClient: see README.md, architecture map.
