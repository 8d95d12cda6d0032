#include "server/app/identity.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "server/storage/memory_metadata_store.h"
#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::app;
using objstore::testing::TemporaryDirectory;

namespace {

// A store's metadata and files, which outlive the identities opened over them.
struct Bench {
  TemporaryDirectory directory;
  std::unique_ptr<storage::MetadataStore> metadata = storage::make_memory_metadata_store();
  SystemClock clock;
  bool broken = false;

  std::filesystem::path credentials_file() const { return directory / "root-credentials"; }
  Result<std::unique_ptr<Identity>> open(const Secrets& secrets = {}) {
    return Identity::open(
        *metadata,
        [this](storage::Batch batch) -> Status {
          if (broken) return fail(Errc::kIo, "the disk is gone");
          return metadata->commit(std::span(&batch, 1)).front();
        },
        clock, {.secret_key = directory / "secret-key", .root_credentials = credentials_file()}, secrets);
  }
  auth::AccessKey in_file() const {
    const auto key = auth::read_credentials_file(credentials_file());
    REQUIRE(key);
    return key->value();
  }
};

}  // namespace

TEST_CASE("a first start makes a root key and writes it down, a second one keeps it") {
  Bench bench;
  const auto first = bench.open();
  REQUIRE(first);
  CHECK((*first)->made_root_key());
  const auto key = bench.in_file();
  CHECK((*first)->credentials().find(key.id)->principal.root);
  const auto second = bench.open();
  REQUIRE(second);
  CHECK_FALSE((*second)->made_root_key());
  CHECK(bench.in_file() == key);
  CHECK((*second)->token_secret() == (*first)->token_secret());
}

TEST_CASE("a credentials file that was lost or is out of date is written again") {
  Bench bench;
  REQUIRE(bench.open());
  const auto key = bench.in_file();
  std::filesystem::remove(bench.credentials_file());
  REQUIRE(bench.open());
  CHECK(bench.in_file() == key);
  REQUIRE(auth::write_credentials_file(bench.credentials_file(), {"STALEKEY", "stale-secret"}));
  REQUIRE(bench.open());
  CHECK(bench.in_file() == key);
}

TEST_CASE("the environment sets the root key, at the first start and later") {
  Bench bench;
  const Secrets secrets{.secret_key = std::nullopt, .root_access_key = "ENVKEY", .root_secret_key = "env-secret"};
  const auto first = bench.open(secrets);
  REQUIRE(first);
  CHECK_FALSE((*first)->made_root_key());
  CHECK(bench.in_file() == auth::AccessKey{"ENVKEY", "env-secret"});
  const Secrets other{.secret_key = std::nullopt, .root_access_key = "OTHERKEY", .root_secret_key = "other-secret"};
  const auto second = bench.open(other);
  REQUIRE(second);
  CHECK_FALSE((*second)->credentials().find("ENVKEY"));
  CHECK((*second)->credentials().find("OTHERKEY"));
  CHECK(bench.in_file() == auth::AccessKey{"OTHERKEY", "other-secret"});
  CHECK((*second)->rotate_root_key().error().code == Errc::kUnsupported);
  CHECK_FALSE(bench.open({.secret_key = std::nullopt, .root_access_key = "ENVKEY", .root_secret_key = std::nullopt}));
}

TEST_CASE("rotation gives a new key, effective at once and after a restart") {
  Bench bench;
  const auto identity = std::move(bench.open().value());
  const auto old = bench.in_file();
  const auto id = identity->rotate_root_key();
  REQUIRE(id);
  CHECK(bench.in_file().id == *id);
  CHECK_FALSE(identity->credentials().find(old.id));
  CHECK(identity->credentials().find(*id)->secret == bench.in_file().secret);
  CHECK(bench.open().value()->credentials().find(*id));
}

TEST_CASE("a rotation that cannot be stored changes nothing") {
  Bench bench;
  const auto identity = std::move(bench.open().value());
  const auto old = bench.in_file();
  bench.broken = true;
  CHECK(identity->rotate_root_key().error().code == Errc::kIo);
  CHECK(bench.in_file() == old);
  CHECK(identity->credentials().find(old.id));
}

TEST_CASE("a lost secret key stops the start and is not replaced") {
  Bench bench;
  REQUIRE(bench.open());
  std::filesystem::remove(bench.directory / "secret-key");
  CHECK(bench.open().error().code == Errc::kNotFound);
  CHECK_FALSE(std::filesystem::exists(bench.directory / "secret-key"));
  CHECK(bench.open({.secret_key = std::string(64, 'a'), .root_access_key = {}, .root_secret_key = {}}).error().code ==
        Errc::kCorrupt);
}

TEST_CASE("a bootstrap file is applied as a whole or not at all") {
  Bench bench;
  const auto identity = std::move(bench.open().value());
  const auto file = bench.directory / "users.toml";
  std::ofstream(file) << "[[account]]\nid = \"a\"\n[[account.user]]\nid = \"u\"\n[[account.user.key]]\n"
                         "access_key = \"USERKEY\"\nsecret_key = \"user-secret\"\n";
  REQUIRE(identity->apply_bootstrap(file));
  CHECK(identity->credentials().find("USERKEY")->active);
  std::ofstream(file) << "[[account]]\nid = \"a\"\nunknown = 1\n";
  CHECK(identity->apply_bootstrap(file).error().message == file.string() + ":3: unknown key \"unknown\"");
  CHECK(identity->credentials().find("USERKEY")->active);
  CHECK(identity->apply_bootstrap(bench.directory / "none").error().code == Errc::kNotFound);
}
