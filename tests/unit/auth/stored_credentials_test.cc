#include "server/auth/stored_credentials.h"

#include <catch2/catch.hpp>

#include "server/auth/policy_document.h"
#include "server/auth/principal_state.h"
#include "server/storage/memory_metadata_store.h"
#include "tests/unit/auth/signing.h"

using namespace objstore;
using namespace objstore::auth;
using objstore::auth::testing::FakeClock;

namespace {

// A table in memory that outlives the credentials opened over it, as a store outlives a process.
struct Store {
  std::unique_ptr<storage::MetadataStore> metadata = storage::make_memory_metadata_store();
  FakeClock clock{};
  char key = 'a';
  int commits = 0;
  bool broken = false;

  Result<std::unique_ptr<StoredCredentials>> try_open() {
    return StoredCredentials::open(
        *metadata,
        [this](storage::Batch batch) -> Status {
          ++commits;
          if (broken) return fail(Errc::kIo, "the disk is gone");
          return metadata->commit(std::span(&batch, 1)).front();
        },
        clock, SecretBox(parse_secret_key(std::string(64, key)).value()));
  }
  std::unique_ptr<StoredCredentials> open() { return std::move(try_open().value()); }
};

Bootstrap file_of(std::vector<DeclaredAccount> accounts) {
  return Bootstrap{.accounts = std::move(accounts)};
}

DeclaredAccount account_of(const std::string& id, const std::string& user, std::vector<AccessKey> keys) {
  return {
      .id = id,
      .owner_id = user,
      .display_name = "account " + id,
      .users = {{.id = user, .display_name = "user " + user, .email = user + "@example.com", .keys = std::move(keys)}}};
}

const AccessKey kAlice{"ALICEKEY", "alice-secret"};
const AccessKey kBob{"BOBKEY", "bobs-secret"};

bool active(const StoredCredentials& credentials, const AccessKey& key) {
  const auto found = credentials.find(key.id);
  return found && found->active && found->secret == key.secret;
}

}  // namespace

TEST_CASE("a new store knows nobody") {
  Store store;
  const auto credentials = store.open();
  CHECK_FALSE(credentials->find("ALICEKEY"));
  CHECK_FALSE(credentials->root_key());
  CHECK_FALSE(has_secrets(*store.metadata).value());
}

TEST_CASE("declared users are found, with what their file says, also after a restart") {
  Store store;
  REQUIRE(store.open()->apply(file_of({account_of("1", "alice", {kAlice})})));
  CHECK(has_secrets(*store.metadata).value());
  const auto credentials = store.open();
  const auto found = credentials->find(kAlice.id);
  REQUIRE(found);
  CHECK(found->active);
  CHECK(found->secret == kAlice.secret);
  CHECK_FALSE(found->principal.anonymous);
  CHECK_FALSE(found->principal.root);
  CHECK(found->principal.account_id == "1");
  CHECK(found->principal.user_id == "alice");
  CHECK(found->principal.display_name == "user alice");
  CHECK(found->principal.access_key == kAlice.id);
  const auto account = credentials->find_account("1");
  REQUIRE(account);
  CHECK(account->owner_id == "alice");
  CHECK(account->display_name == "account 1");
  CHECK_FALSE(credentials->find_account("2"));
}

TEST_CASE("applying the same file again writes nothing") {
  Store store;
  const auto credentials = store.open();
  const auto file = file_of({account_of("1", "alice", {kAlice})});
  CHECK(credentials->apply(file)->rows_written == 3);
  const auto again = store.open()->apply(file);
  REQUIRE(again);
  CHECK(again->rows_written == 0);
  CHECK(again->keys_active == 1);
  CHECK(store.commits == 1);
}

TEST_CASE("a file adds, updates and disables, and what comes back is enabled again") {
  Store store;
  const auto credentials = store.open();
  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {kAlice}), account_of("2", "bob", {kBob})})));
  CHECK(active(*credentials, kAlice));
  CHECK(active(*credentials, kBob));

  const AccessKey changed{kAlice.id, "another-secret"};
  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {changed})})));
  CHECK(active(*credentials, changed));
  CHECK_FALSE(credentials->find(kBob.id)->active);
  CHECK(credentials->find_account("2"));  // its buckets still name their owner

  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {changed}), account_of("2", "bob", {kBob})})));
  CHECK(active(*credentials, kBob));
}

TEST_CASE("a key that a file no longer names is disabled while its user stays") {
  Store store;
  const auto credentials = store.open();
  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {kAlice, kBob})})));
  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {kBob})})));
  CHECK_FALSE(active(*credentials, kAlice));
  CHECK(active(*credentials, kBob));
}

TEST_CASE("the root key survives a file that names nobody, and cannot be claimed by one") {
  Store store;
  const auto credentials = store.open();
  const auto root = make_access_key();
  REQUIRE(credentials->set_root_key(root));
  REQUIRE(credentials->apply(Bootstrap{}));
  CHECK(active(*credentials, root));
  CHECK(credentials->apply(file_of({account_of("1", "eve", {{root.id, "eves-secret"}})})).error().code ==
        Errc::kInvalidArgument);
  CHECK(credentials->apply(file_of({account_of(std::string(kRootAccountId), "eve", {kBob})})).error().code ==
        Errc::kInvalidArgument);
  CHECK(active(*credentials, root));
  CHECK_FALSE(credentials->find(kBob.id));
}

TEST_CASE("the root user is one and the same through rotations, and old keys are gone") {
  Store store;
  const auto credentials = store.open();
  const AccessKey first = make_access_key();
  const AccessKey second = make_access_key();
  REQUIRE(credentials->set_root_key(first));
  const auto user = credentials->find(first.id)->principal;
  CHECK(user.root);
  CHECK(user.user_id.size() == 64);
  REQUIRE(credentials->set_root_key(second));
  CHECK_FALSE(credentials->find(first.id));
  CHECK(active(*credentials, second));
  CHECK(credentials->root_key() == second);
  const auto reopened = store.open();
  CHECK(reopened->root_key() == second);
  CHECK_FALSE(reopened->find(first.id));
  CHECK(reopened->find(second.id)->principal.user_id == user.user_id);
}

TEST_CASE("the secret of a root key may change while its id stays") {
  Store store;
  const auto credentials = store.open();
  REQUIRE(credentials->set_root_key({"ROOTKEY", "first-secret"}));
  REQUIRE(credentials->set_root_key({"ROOTKEY", "second-secret"}));
  CHECK(store.open()->root_key() == AccessKey{"ROOTKEY", "second-secret"});
}

TEST_CASE("a declared user's access key cannot become the root's") {
  Store store;
  const auto credentials = store.open();
  REQUIRE(credentials->apply(file_of({account_of("1", "alice", {kAlice})})));
  CHECK(credentials->set_root_key({kAlice.id, "roots-secret"}).error().code == Errc::kInvalidArgument);
  CHECK(active(*credentials, kAlice));
}

TEST_CASE("a change that could not be written is not seen") {
  Store store;
  const auto credentials = store.open();
  const auto root = make_access_key();
  REQUIRE(credentials->set_root_key(root));
  store.broken = true;
  CHECK(credentials->set_root_key(make_access_key()).error().code == Errc::kIo);
  CHECK(credentials->apply(file_of({account_of("1", "alice", {kAlice})})).error().code == Errc::kIo);
  CHECK(credentials->root_key() == root);
  CHECK_FALSE(credentials->find(kAlice.id));
}

TEST_CASE("H8: the table holds no secret in the clear, and does not open with another key") {
  Store store;
  REQUIRE(store.open()->apply(file_of({account_of("1", "alice", {kAlice})})));
  const auto rows = store.metadata->scan(storage::Table::kPrincipals, "");
  for (; rows->valid(); rows->next()) CHECK(rows->value().find(kAlice.secret) == std::string_view::npos);
  store.key = 'b';
  CHECK(store.try_open().error().code == Errc::kCorrupt);
}

TEST_CASE("a user's policies come with its key, change with the file and outlive a restart") {
  Store store;
  auto account = account_of("1", "alice", {kAlice});
  const auto credentials = store.open();
  REQUIRE(credentials->apply(file_of({account})));
  CHECK_FALSE(credentials->find(kAlice.id)->principal.policies);
  CHECK(credentials->find(kAlice.id)->principal.account_owner);
  account.users[0].policies = {R"({"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})"};
  REQUIRE(credentials->apply(file_of({account})));
  // An owner that carries policies is limited to them, like any other user.
  const auto reopened = store.open();
  for (const auto* known : {credentials.get(), reopened.get()}) {
    const auto principal = known->find(kAlice.id)->principal;
    REQUIRE(principal.policies);
    CHECK(principal.policies->size() == 1);
    CHECK_FALSE(principal.account_owner);
  }
  account.users[0].policies.clear();
  REQUIRE(credentials->apply(file_of({account})));
  CHECK_FALSE(store.open()->find(kAlice.id)->principal.policies);
}
