// LontarTests
