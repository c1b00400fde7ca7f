// gRPC C++ as Debian has it, asynchronous on both sides, beside Lontar: with the options and the output of seratus-benchmark.
//
//   grpc-cpp echo   --certificates FOLDER --connections N --in-flight N --seconds N [--server-core N]
//   grpc-cpp stream --certificates FOLDER --messages N --message-bytes N [--batch N] [--server-core N]
#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <vector>

#include "lontar/testing/v1/echo.grpc.pb.h"
#include "server.h"

using lontar::testing::v1::Echo;
using lontar::testing::v1::EchoRequest;
using lontar::testing::v1::EchoResponse;
using Clock = std::chrono::steady_clock;

void die(const std::string &what) {
  std::cerr << "grpc-cpp: " << what << std::endl;
  exit(1);
}

std::string text_of(const std::string &path) {
  std::ifstream file(path);
  if (!file) die("can't read " + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

static double read_clock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
}

static double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The server as a process of its own, so that its CPU and memory are counted apart from the load's. Made before gRPC has threads.
struct ServerProcess {
  pid_t id;
  int port = 0;
  clockid_t clock;

  ServerProcess(const std::string &certificates, int batch, int core) {
    int ends[2];
    if (pipe(ends)) die("pipe");
    id = fork();
    if (id < 0) die("fork");
    if (id == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ends[0]);
      if (core >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(core, &set);
        if (sched_setaffinity(0, sizeof set, &set)) die("--server-core");
      }
      serve(certificates, batch, ends[1]);
    }
    close(ends[1]);
    if (read(ends[0], &port, sizeof port) != sizeof port) die("the server did not start");
    close(ends[0]);
    if (clock_getcpuclockid(id, &clock)) die("the server's clock");
  }

  ~ServerProcess() { kill(id, SIGTERM); }

  double cpu() const { return read_clock(clock); }

  /// In MB, by its name in /proc.
  double memory(const std::string &name) const {
    std::ifstream status("/proc/" + std::to_string(id) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.rfind(name, 0) == 0) return std::stod(line.substr(name.size())) * 1024 / 1e6;
    }
    return 0;
  }
};

/// A connection of its own for each.
static std::unique_ptr<Echo::Stub> connect(const ServerProcess &server, const std::string &certificates) {
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = text_of(certificates + "/ca.pem");
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetSslTargetNameOverride("localhost");
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server.port), grpc::SslCredentials(tls), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10))) die("no connection");
  return Echo::NewStub(channel);
}

// MARK: Calls

struct Load {
  EchoRequest request;
  grpc::CompletionQueue queue;
  Clock::time_point end;
  std::vector<uint32_t> taken;
  int under_way = 0;
};

/// One of those in flight: begins anew when its answer has come, until the end.
class Call {
 public:
  Call(Load &load, Echo::Stub &stub) : load(load), stub(stub) { begin(); }

  void next(bool ok) {
    if (!ok || !status.ok() || response.payload().size() != load.request.response_bytes()) die("a call failed: " + status.error_message());
    auto now = Clock::now();
    load.taken.push_back(uint32_t(std::chrono::duration_cast<std::chrono::nanoseconds>(now - since).count()));
    load.under_way--;
    now < load.end ? begin() : delete this;
  }

 private:
  void begin() {
    load.under_way++;
    since = Clock::now();
    context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    reader = stub.AsyncUnary(context.get(), load.request, &load.queue);
    reader->Finish(&response, &status, this);
  }

  Load &load;
  Echo::Stub &stub;
  Clock::time_point since;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
  EchoResponse response;
  grpc::Status status;
};

static void run(Load &load, std::vector<std::unique_ptr<Echo::Stub>> &stubs, int in_flight, double seconds) {
  load.taken.clear();
  load.end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (auto &stub : stubs) {
    for (int i = 0; i < in_flight; i++) new Call(load, *stub);
  }
  void *tag;
  bool ok;
  while (load.under_way > 0 && load.queue.Next(&tag, &ok)) static_cast<Call *>(tag)->next(ok);
}

static void echo(const ServerProcess &server, const std::string &certificates, int connections, int in_flight, double seconds) {
  std::vector<std::unique_ptr<Echo::Stub>> stubs;
  for (int i = 0; i < connections; i++) stubs.push_back(connect(server, certificates));
  Load load;
  load.request.set_payload(std::string(64, 7));
  load.request.set_response_bytes(256);
  run(load, stubs, in_flight, seconds / 4);
  double cpu = server.cpu(), own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  auto start = Clock::now();
  run(load, stubs, in_flight, seconds);
  double wall = seconds_since(start);
  cpu = server.cpu() - cpu;
  own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
  auto &taken = load.taken;
  std::sort(taken.begin(), taken.end());
  double count = double(taken.size());
  printf("echo %dx%d: %.0f calls/s, p50 %.0f us, p99 %.0f us (%zu calls), server CPU %.2f us a call, client CPU %.2f us a call\n", connections,
         in_flight, count / wall, taken[taken.size() / 2] / 1e3, taken[taken.size() * 99 / 100] / 1e3, taken.size(), cpu * 1e6 / count,
         own * 1e6 / count);
}

// MARK: A stream

static void stream(const ServerProcess &server, const std::string &certificates, unsigned messages, unsigned message_bytes) {
  auto stub = connect(server, certificates);
  EchoRequest request;
  // A message is its payload's tag, the length and the payload.
  unsigned length_bytes = 1;
  while (message_bytes - 1 - length_bytes >= 1u << 7 * length_bytes) length_bytes++;
  request.set_response_bytes(message_bytes - 1 - length_bytes);
  request.set_response_count(messages);
  double before = server.memory("VmRSS:"), cpu = server.cpu(), own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  auto start = Clock::now();
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  auto reader = stub->AsyncServerStream(&context, request, &queue, nullptr);
  void *tag;
  bool ok;
  if (!queue.Next(&tag, &ok) || !ok) die("the stream did not begin");
  EchoResponse response;
  unsigned count = 0;
  for (reader->Read(&response, nullptr); queue.Next(&tag, &ok) && ok; reader->Read(&response, nullptr)) {
    if (response.payload().size() != request.response_bytes()) die("a message of another length");
    count++;
  }
  grpc::Status status;
  reader->Finish(&status, nullptr);
  if (!queue.Next(&tag, &ok) || !status.ok() || count != messages) die("the stream ended early: " + status.error_message());
  double wall = seconds_since(start);
  cpu = server.cpu() - cpu;
  own = read_clock(CLOCK_PROCESS_CPUTIME_ID) - own;
  printf("stream of %u B: %.0f messages/s, %.1f MB/s, server CPU %.3f us a message, client CPU %.3f us a message, server memory %.1f to %.1f MB\n",
         message_bytes, count / wall, double(count) * message_bytes / wall / 1e6, cpu * 1e6 / count, own * 1e6 / count, before,
         server.memory("VmHWM:"));
}

int main(int count, char **arguments) {
  std::map<std::string, std::string> options = {{"--connections", "1"}, {"--in-flight", "1"},       {"--seconds", "5"},
                                                {"--batch", "1"},       {"--messages", "1000000"},  {"--message-bytes", "100"},
                                                {"--certificates", ""}, {"--server-core", "-1"}};
  std::string load = count > 1 ? arguments[1] : "";
  bool isKnown = load == "echo" || load == "stream";
  for (int i = 2; i < count; i += 2) {
    isKnown = isKnown && i + 1 < count && options.count(arguments[i]);
    if (isKnown) options[arguments[i]] = arguments[i + 1];
  }
  auto number = [&](const char *name) { return std::stoi(options[name]); };
  if (!isKnown || options["--certificates"].empty() || number("--batch") < 1 || number("--message-bytes") < 4) {
    std::cerr << "usage: grpc-cpp echo|stream --certificates FOLDER ..." << std::endl;
    return 2;
  }
  std::string certificates = options["--certificates"];
  ServerProcess server(certificates, number("--batch"), number("--server-core"));
  if (load == "echo") {
    echo(server, certificates, number("--connections"), number("--in-flight"), std::stod(options["--seconds"]));
  } else {
    stream(server, certificates, unsigned(number("--messages")), unsigned(number("--message-bytes")));
  }
  return 0;
}
