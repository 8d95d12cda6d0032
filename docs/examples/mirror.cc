// Keeps a directory and a prefix of a bucket alike, and says what it did.
//
//   mirror DIRECTORY BUCKET PREFIX/
//
// Settings come from where the AWS tools look: environment and profiles.
#include <objstore/client.h>
#include <objstore/sync.h>

#include <iostream>

namespace {

namespace client = objstore::client;
using objstore::Result;

class Printer final : public client::SyncObserver {
 public:
  void event(const client::SyncEvent& event) override {
    const std::string& name = event.action == client::SyncAction::kCopy ? event.source : event.target;
    std::cout << name << (event.error ? ": " + event.error->message : std::string()) << "\n";
  }
};

Result<client::SyncReport> mirror(const char* directory, const char* bucket_name, const char* prefix) {
  OBJSTORE_ASSIGN(const auto bucket, objstore::BucketName::parse(bucket_name));
  OBJSTORE_ASSIGN(auto settings, client::load_settings({}));
  client::ClientOptions options;
  options.endpoint = settings.endpoint.empty() ? "http://127.0.0.1:9000" : settings.endpoint;
  options.credentials = settings.credentials;
  OBJSTORE_ASSIGN(auto store, client::Client::create(options));
  OBJSTORE_ASSIGN(auto filter, client::PathFilter::create({}, {".git", "*.o"}));
  Printer printer;
  return client::sync(store, client::Directory{directory}, client::Prefix{bucket, prefix},
                      {.filter = filter, .remove_extra = true, .observer = &printer});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: mirror DIRECTORY BUCKET PREFIX/\n";
    return 2;
  }
  const auto report = mirror(argv[1], argv[2], argv[3]);
  if (!report) {
    std::cerr << report.error().message << "\n";
    return 1;
  }
  std::cout << report->copied << " copied, " << report->removed << " removed, " << report->failed << " failed\n";
  return report->failed == 0 ? 0 : 1;
}
