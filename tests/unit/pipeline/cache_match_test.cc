#include "client/pipeline/cache_match.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::client;

namespace {

CacheIndex index_of(const std::vector<StoredCache>& caches) {
  return {.exact = [&caches](const std::string& key) -> Result<std::optional<StoredCache>> {
            for (const auto& cache : caches)
              if (cache.key == key) return cache;
            return std::optional<StoredCache>();
          },
          .below = [&caches](const std::string& prefix, const auto& visit) -> Status {
            for (const auto& cache : caches)
              if (cache.key.starts_with(prefix)) visit(cache);
            return {};
          }};
}

// "key by match", or "none".
std::string answer(const std::vector<StoredCache>& caches, const std::string& key,
                   const std::vector<std::string>& restore_keys = {}) {
  const auto found = match_cache(index_of(caches), key, restore_keys);
  REQUIRE(found);
  if (!*found) return "none";
  const char* by = (*found)->match == CacheMatch::kExact    ? "exact"
                   : (*found)->match == CacheMatch::kPrefix ? "prefix"
                                                            : "restore";
  return (*found)->key + " " + by;
}

const std::vector<StoredCache> kCaches = {{.key = "npm-feature-d5ea0750", .saved_ms = 10},
                                          {.key = "npm-feature-", .saved_ms = 5},
                                          {.key = "npm-main-old", .saved_ms = 20},
                                          {.key = "npm-main-a-longer-name", .saved_ms = 30},
                                          {.key = "npm-main-older", .saved_ms = 15}};

}  // namespace

TEST_CASE("the key itself wins over anything newer that begins with it") {
  CHECK(answer(kCaches, "npm-feature-") == "npm-feature- exact");
}

TEST_CASE("without an exact match the newest cache that begins with the key is taken, before any restore key") {
  CHECK(answer(kCaches, "npm-main-o", {"npm-feature-"}) == "npm-main-old prefix");
}

TEST_CASE("restore keys are asked in their order, and each gives its newest, however long the name") {
  CHECK(answer(kCaches, "npm-x", {"npm-feature-", "npm-"}) == "npm-feature-d5ea0750 restore");
  CHECK(answer(kCaches, "npm-x", {"npm-main-", "npm-feature-"}) == "npm-main-a-longer-name restore");
  CHECK(answer(kCaches, "npm-x", {"yarn-", "npm-"}) == "npm-main-a-longer-name restore");
}

TEST_CASE("a restore key that is some cache's whole name matches by its beginning like any other") {
  // "npm-feature-" exists, but a newer one begins with it: so does GitHub's service.
  CHECK(answer(kCaches, "npm-x", {"npm-feature-"}) == "npm-feature-d5ea0750 restore");
}

TEST_CASE("caches of the same millisecond are told apart by their names, not by the order of a listing") {
  CHECK(answer({{.key = "a-1", .saved_ms = 7}, {.key = "a-2", .saved_ms = 7}}, "a-") == "a-2 prefix");
  CHECK(answer({{.key = "a-2", .saved_ms = 7}, {.key = "a-1", .saved_ms = 7}}, "a-") == "a-2 prefix");
}

TEST_CASE("nothing that begins alike is a miss") {
  CHECK(answer(kCaches, "go-1", {"go-", "cargo-"}) == "none");
  CHECK(answer({}, "go-1") == "none");
}

TEST_CASE("keys that GitHub refuses are refused") {
  for (const std::string key : {"", "a,b", "a\nb"}) CHECK(check_cache_key(key).error().code == Errc::kInvalidArgument);
  CHECK(check_cache_key(std::string(512, 'k')));
  CHECK(check_cache_key(std::string(513, 'k')).error().code == Errc::kInvalidArgument);
  CHECK(match_cache(index_of(kCaches), "fine", {"not,fine"}).error().code == Errc::kInvalidArgument);
}

TEST_CASE("an index that cannot be read is no miss") {
  CacheIndex broken = index_of(kCaches);
  broken.below = [](const std::string&, const auto&) -> Status { return fail(Errc::kAccessDenied, "no"); };
  CHECK(match_cache(broken, "npm-x", {}).error().code == Errc::kAccessDenied);
}
