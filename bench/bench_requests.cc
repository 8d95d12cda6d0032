// What every request pays: its signature.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "common/base/digest.h"
#include "common/wire/sigv4.h"

namespace {

namespace wire = objstore::wire;

void sha256_of_a_request(benchmark::State& state) {
  const std::string text(420, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(objstore::sha256(objstore::as_bytes(text)));
}
BENCHMARK(sha256_of_a_request);

// As the server checks it, with the signing key at hand.
void verify_signature(benchmark::State& state) {
  wire::Headers headers;
  headers.add("Host", "127.0.0.1:9000");
  headers.add("x-amz-content-sha256", wire::kUnsignedPayload);
  headers.add("x-amz-date", "20130524T000000Z");
  const std::vector<std::string> names = {"host", "x-amz-content-sha256", "x-amz-date"};
  const wire::CredentialScope scope{"20130524", "us-east-1", "s3"};
  wire::SigningKeyCache keys;
  for (auto _ : state) {
    const auto canonical =
        wire::canonical_request({"GET", "/bucket/some/key", "", headers, names, wire::kUnsignedPayload});
    const auto key = keys.get("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope);
    benchmark::DoNotOptimize(wire::signature_of(key, wire::string_to_sign("20130524T000000Z", scope, *canonical)));
  }
}
BENCHMARK(verify_signature);

}  // namespace
