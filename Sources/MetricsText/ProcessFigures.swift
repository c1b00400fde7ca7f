internal import Foundation
internal import Glibc

/// What Prometheus's own client libraries say of a process, under their names. From /proc; what can't be read there is left out.
public enum ProcessFigures {
  public static func collect() -> [CollectedMetric] {
    var figures: [CollectedMetric] = []
    if let memory = memory() {
      figures.append(
        CollectedMetric("process_resident_memory_bytes", .gauge, "Resident memory size in bytes", memory.resident))
      figures.append(CollectedMetric("process_virtual_memory_bytes", .gauge, "Virtual memory size in bytes", memory.virtual))
    }
    figures.append(
      CollectedMetric(
        "process_cpu_seconds_total", .counter, "Total user and system CPU time spent in seconds", cpuSeconds()))
    if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      figures.append(CollectedMetric("process_open_fds", .gauge, "Number of open file descriptors", Double(open)))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      figures.append(
        CollectedMetric("process_max_fds", .gauge, "Maximum number of open file descriptors", Double(limit.rlim_cur)))
    }
    if let threads = status("Threads") {
      figures.append(CollectedMetric("process_threads", .gauge, "Number of threads", threads))
    }
    if let start = startSeconds() {
      figures.append(
        CollectedMetric(
          "process_start_time_seconds", .gauge, "Start time of the process since unix epoch in seconds", start))
    }
    return figures
  }

  /// Boot time and, in the 20th field behind the name in parentheses, clock ticks from there to the start.
  private static func startSeconds() -> Double? {
    guard let own = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let all = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
      let boot = all.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }).flatMap({ Double($0.dropFirst(6)) }),
      let fields = own.split(separator: ")").last?.split(separator: " "), fields.count > 19, let ticks = Double(fields[19])
    else { return nil }
    return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func memory() -> (virtual: Double, resident: Double)? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
    let pages = text.split(separator: " ").compactMap { Double($0) }
    guard pages.count >= 2 else { return nil }
    let pageBytes = Double(sysconf(Int32(_SC_PAGESIZE)))
    return (pages[0] * pageBytes, pages[1] * pageBytes)
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }

  private static func status(_ key: String) -> Double? {
    guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(key):") }
    return line?.split(separator: ":").last.flatMap { Double($0.filter(\.isNumber)) }
  }
}
