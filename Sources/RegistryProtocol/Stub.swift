// RegistryProtocol: see README.md, architecture map.
