// Stores a file, lists the bucket, fetches the object again.
//
//   AWS_SHARED_CREDENTIALS_FILE=data/root-credentials store_and_fetch bucket/key file
#include <objstore/client.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace {

using namespace objstore;

Result<client::Client> connect() {
  // Credentials, region and endpoint as `aws` and `objcli` find them.
  OBJSTORE_ASSIGN(auto settings, client::load_settings({}));
  client::ClientOptions options;
  options.endpoint = settings.endpoint.empty() ? "http://127.0.0.1:9000" : settings.endpoint;
  options.credentials = settings.credentials;
  if (!settings.region.empty()) options.region = settings.region;
  return client::Client::create(options);
}

Status store_and_fetch(std::string_view target, const std::string& file) {
  const auto slash = target.find('/');
  if (slash == std::string_view::npos) return fail(Errc::kInvalidArgument, "the first argument is bucket/key");
  OBJSTORE_ASSIGN(const auto bucket, BucketName::parse(target.substr(0, slash)));
  OBJSTORE_ASSIGN(const auto key, ObjectKey::parse(target.substr(slash + 1)));
  const client::ObjectName object{bucket, key};
  OBJSTORE_ASSIGN(auto client, connect());

  const auto made = client.create_bucket(bucket);
  if (!made && made.error().code != Errc::kBucketOwnedByYou) return made;

  // Files of 16 MiB and more go in parts, several at once.
  OBJSTORE_ASSIGN(const auto put, client.put_file(object, file, {.content_type = "application/octet-stream"}));
  std::printf("stored %llu bytes, ETag %s\n", static_cast<unsigned long long>(put.size), put.etag.c_str());

  auto pager = client.list(bucket, {.prefix = key.str()});
  while (true) {
    OBJSTORE_ASSIGN(const auto page, pager.next());
    if (!page) break;
    for (const auto& entry : page->objects) std::printf("listed %s\n", entry.key.c_str());
  }

  // The file appears under its name when it is complete and verified, not before.
  OBJSTORE_ASSIGN(const auto info, client.get_file(object, file + ".fetched"));
  std::printf("fetched %s, %s\n", (file + ".fetched").c_str(), info.verified ? "verified" : "not verified");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: store_and_fetch bucket/key file\n");
    return 2;
  }
  if (const auto done = store_and_fetch(argv[1], argv[2]); !done) {
    std::fprintf(stderr, "%s: %s\n", std::string(to_string(done.error().code)).c_str(), done.error().message.c_str());
    return 1;
  }
  return 0;
}
