struct RequestRunner: Sendable {
  let pools: RegistryPools
}
