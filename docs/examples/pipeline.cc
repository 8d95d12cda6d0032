// A pipeline's step: restores a cache of what was downloaded before, works, saves the cache, publishes what was built.
//
//   pipeline BUCKET LOCKFILE-HASH
//
// Settings come from where the AWS tools look: environment and profiles.
#include <objstore/artifact.h>
#include <objstore/cache.h>
#include <objstore/client.h>

#include <filesystem>
#include <fstream>
#include <iostream>

namespace {

namespace client = objstore::client;
using objstore::Result;
using objstore::Status;

Result<client::Client> open_store() {
  OBJSTORE_ASSIGN(auto settings, client::load_settings({}));
  client::ClientOptions options;
  options.endpoint = settings.endpoint.empty() ? "http://127.0.0.1:9000" : settings.endpoint;
  options.credentials = settings.credentials;
  return client::Client::create(options);
}

// Stands for the work: what is in deps/ is not fetched again, and dist/ is what comes out.
void build() {
  std::filesystem::create_directories("deps");
  std::filesystem::create_directories("dist");
  std::ofstream("deps/library") << "downloaded once\n";
  std::ofstream("dist/app") << "built\n";
}

Status run(const char* bucket_name, const std::string& lock_hash) {
  OBJSTORE_ASSIGN(const auto bucket, objstore::BucketName::parse(bucket_name));
  OBJSTORE_ASSIGN(auto store, open_store());

  client::CacheStore caches(store, bucket, "cache/");
  const std::string key = "deps-" + lock_hash;
  OBJSTORE_ASSIGN(const auto found, caches.find(key, {"deps-"}));
  if (found) {
    OBJSTORE_ASSIGN(const auto restored, caches.restore(*found, {.root = "."}));
    std::cout << "restored " << restored.files << " files of " << found->key << "\n";
  }

  build();

  if (!found || found->match != client::CacheMatch::kExact) {
    client::CacheSaveOptions options;
    options.paths = {"deps"};
    if (found) options.delta_base = found->key;  // sends what differs from it
    OBJSTORE_ASSIGN(const auto saved, caches.save(key, options));
    std::cout << "saved " << saved.files << " files, sent " << saved.sent_bytes << " bytes\n";
  }

  client::ArtifactStore artifacts(store, bucket, "artifact/");
  OBJSTORE_ASSIGN(const auto name, client::ArtifactName::parse("app:" + lock_hash));
  OBJSTORE_ASSIGN(const auto pushed, artifacts.push(name, "dist", {}));
  std::cout << "published " << pushed.files << " files as " << pushed.digest << "\n";
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: pipeline BUCKET LOCKFILE-HASH\n";
    return 2;
  }
  const Status done = run(argv[1], argv[2]);
  if (done) return 0;
  std::cerr << done.error().message << "\n";
  return 1;
}
