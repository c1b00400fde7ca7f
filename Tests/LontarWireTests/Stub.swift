// LontarWireTests
