// RegistryServer: see README.md, architecture map.
