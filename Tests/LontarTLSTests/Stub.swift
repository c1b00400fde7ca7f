// LontarTLSTests
