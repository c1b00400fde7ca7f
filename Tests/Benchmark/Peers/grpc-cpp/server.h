#pragma once

#include <string>

/// Serves on loopback until the process ends, with one completion queue and one thread: writes its port to `told` once it listens.
/// `batch`: of so many messages of a stream all but the last are written with the hint that others follow.
[[noreturn]] void serve(const std::string &certificates, int batch, int told);

std::string text_of(const std::string &path);
[[noreturn]] void die(const std::string &what);
