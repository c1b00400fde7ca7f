// The asynchronous server of gRPC C++: each call is a state machine whose steps come out of the completion queue.
#include "server.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include "lontar/testing/v1/echo.grpc.pb.h"

using lontar::testing::v1::Echo;
using lontar::testing::v1::EchoRequest;
using lontar::testing::v1::EchoResponse;

namespace {

struct Server {
  Echo::AsyncService service;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  int batch;
};

/// What waits in the completion queue.
struct Step {
  virtual ~Step() = default;
  virtual void next(bool ok) = 0;
};

/// Waits for a call, answers it, and ends; another waits in its place as soon as it has begun.
class UnaryCall final : public Step {
 public:
  explicit UnaryCall(Server &server) : server(server), responder(&context) {
    server.service.RequestUnary(&context, &request, &responder, server.queue.get(), server.queue.get(), this);
  }

  void next(bool ok) override {
    if (answered || !ok) return delete this;
    answered = true;
    new UnaryCall(server);
    EchoResponse response;
    response.mutable_payload()->resize(request.response_bytes());
    responder.Finish(response, grpc::Status::OK, this);
  }

 private:
  Server &server;
  grpc::ServerContext context;
  EchoRequest request;
  grpc::ServerAsyncResponseWriter<EchoResponse> responder;
  bool answered = false;
};

/// One message, made once, written again and again.
class StreamCall final : public Step {
 public:
  explicit StreamCall(Server &server) : server(server), writer(&context) {
    server.service.RequestServerStream(&context, &request, &writer, server.queue.get(), server.queue.get(), this);
  }

  void next(bool ok) override {
    if (finished || !ok) return delete this;
    if (!begun) {
      begun = true;
      new StreamCall(server);
      response.mutable_payload()->resize(request.response_bytes());
    }
    if (written == request.response_count()) {
      finished = true;
      return writer.Finish(grpc::Status::OK, this);
    }
    written++;
    grpc::WriteOptions options;
    // Not the first: what the call begins with would wait with it, and its step never come.
    if (written > 1 && written % server.batch != 0 && written != request.response_count()) options.set_buffer_hint();
    writer.Write(response, options, this);
  }

 private:
  Server &server;
  grpc::ServerContext context;
  EchoRequest request;
  EchoResponse response;
  grpc::ServerAsyncWriter<EchoResponse> writer;
  unsigned written = 0;
  bool begun = false, finished = false;
};

}  // namespace

void serve(const std::string &certificates, int batch, int told) {
  grpc::SslServerCredentialsOptions tls;
  tls.pem_key_cert_pairs.push_back({text_of(certificates + "/server.key"), text_of(certificates + "/server.pem")});
  Server server;
  server.batch = batch;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls), &port);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1024);
  builder.RegisterService(&server.service);
  server.queue = builder.AddCompletionQueue();
  auto running = builder.BuildAndStart();
  if (!running || port == 0 || write(told, &port, sizeof port) != sizeof port) die("the server did not start");
  close(told);
  for (int i = 0; i < 512; i++) new UnaryCall(server);
  new StreamCall(server);
  void *tag;
  bool ok;
  while (server.queue->Next(&tag, &ok)) static_cast<Step *>(tag)->next(ok);
  die("the completion queue has ended");
}
