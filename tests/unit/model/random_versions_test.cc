// Sequences of operations on a bucket with versions against a plain model of it. OBJSTORE_SEED and OBJSTORE_OPERATIONS
// choose another sequence; both are printed. The model beside that of random_operations_test.cc: a list of versions for
// each key, and the three states of versioning.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::VersionId;
using model::Versioning;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

struct Version {
  std::string id;  // empty: the null version
  bool marker = false;
  std::string body;
  model::NameValues tags;
};

// What S3 says that the three states of versioning do.
struct Reference {
  using Versions = std::vector<Version>;  // the newest last
  Versioning versioning = Versioning::kNever;
  std::map<std::string, Versions> keys;

  const Version* current(const std::string& key) const {
    const auto at = keys.find(key);
    return at == keys.end() ? nullptr : &at->second.back();
  }
  const Version* object(const std::string& key) const {
    const Version* version = current(key);
    return version != nullptr && !version->marker ? version : nullptr;
  }
  const Version* find(const std::string& key, const std::string& id) const {
    const auto at = keys.find(key);
    if (at == keys.end()) return nullptr;
    const auto found = std::ranges::find(at->second, id, &Version::id);
    return found == at->second.end() ? nullptr : &*found;
  }
  void add(const std::string& key, Version version) {
    REQUIRE(version.id.empty() == (versioning != Versioning::kEnabled));
    REQUIRE((version.id.empty() || find(key, version.id) == nullptr));
    std::erase_if(keys[key], [&](const Version& v) { return v.id == version.id; });
    keys[key].push_back(std::move(version));
  }
  void erase(const std::string& key, const std::string& id) {
    std::erase_if(keys[key], [&](const Version& v) { return v.id == id; });
    if (keys[key].empty()) keys.erase(key);
  }
};

class Player {
 public:
  Player(std::uint64_t seed, Backing backing) : random_(seed), store_(backing) {
    must(store_.catalog().create_bucket(bucket_, "alice", "").wait());
  }

  void play(std::uint64_t operations, bool restarts) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      INFO("operation " << i);
      one(restarts);
    }
    compare_all();
    empty_out();
  }

 private:
  void one(bool restarts) {
    switch (pick(restarts ? 15 : 14)) {
      case 0:
      case 1:
      case 2:
        return put_one();
      case 3:
        return remove_one();
      case 4:
      case 5:
        return remove_version();
      case 6:
        return copy_one();
      case 7:
        return multipart();
      case 8:
        return tag_one();
      case 9:
        return read_one();
      case 10:
        return list();
      case 11:
        return list_versions();
      case 12:
        return pick(8) == 0 ? switch_versioning() : conditional_put();
      case 13:
        return store_.collect();
      default:
        if (pick(10) == 0) store_.reopen();
    }
  }

  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::string key() { return "k/" + std::to_string(pick(6)) + (pick(3) == 0 ? "/below" : ""); }
  std::string body() {
    static constexpr std::size_t kSizes[] = {0, 1, 100, 2048, 2049, 9'000, 16'384, 40'000};
    return random_bytes(kSizes[pick(8)], pick(4)) + random_bytes(pick(2) * 3'000, pick(4));
  }
  static VersionId id_of(const std::string& id) { return id.empty() ? VersionId::null() : must(VersionId::parse(id)); }
  // Mostly one that the key has; else one that another key has or had.
  std::string some_id(const std::string& k) {
    const auto at = reference_.keys.find(k);
    if (at != reference_.keys.end() && pick(5) != 0) return at->second[pick(at->second.size())].id;
    return seen_.empty() ? std::string() : seen_[pick(seen_.size())];
  }
  void remember(const std::string& id) {
    static constexpr std::size_t kSeenMax = 200;
    if (seen_.size() < kSeenMax)
      seen_.push_back(id);
    else
      seen_[pick(kSeenMax)] = id;
  }
  void added(const std::string& k, const model::ObjectInfo& info, std::string b, model::NameValues tags) {
    remember(info.version_id);
    reference_.add(k, {info.version_id, false, std::move(b), std::move(tags)});
  }

  void put_one() {
    const std::string k = key();
    const std::string b = body();
    model::NameValues tags;
    if (pick(3) == 0) tags = {{"t", std::to_string(pick(5))}};
    const auto info = must(put(store_.catalog(), "photos", k, b, {.attributes = {.tags = tags}}));
    added(k, info, b, tags);
  }

  void conditional_put() {
    const std::string k = key();
    const auto absent = [](const model::ObjectInfo* current) -> Status {
      if (current == nullptr) return {};
      return fail(Errc::kPreconditionFailed, "there is one");
    };
    const auto info = put(store_.catalog(), "photos", k, "if absent", {.condition = absent});
    REQUIRE(info.has_value() == (reference_.object(k) == nullptr));
    if (info) added(k, *info, "if absent", {});
  }

  void remove_one() {
    const std::string k = key();
    const auto result = must(store_.catalog().remove(bucket_, object_name(k), {}).wait());
    CHECK(result.existed == (reference_.object(k) != nullptr));
    CHECK(result.delete_marker == (reference_.versioning != Versioning::kNever));
    if (!result.delete_marker) {
      if (result.existed) reference_.erase(k, "");
      return;
    }
    const std::string id = result.version_id == "null" ? "" : result.version_id;
    remember(id);
    reference_.add(k, {id, true, {}, {}});
  }

  void remove_version() {
    const std::string k = key();
    const std::string id = some_id(k);
    const auto result = must(store_.catalog().remove(bucket_, object_name(k), {}, id_of(id)).wait());
    const Version* version = reference_.find(k, id);
    CHECK(result.existed == (version != nullptr && !version->marker));
    CHECK(result.delete_marker == (version != nullptr && version->marker));
    if (version != nullptr) reference_.erase(k, id);
  }

  // A source: the current version of a key, or one by its id.
  struct Chosen {
    std::string key;
    model::VersionChoice version;
    const Version* expected;  // nothing: it cannot be read
  };
  Chosen choose() {
    Chosen chosen{key(), {}, nullptr};
    if (pick(2) == 0) {
      chosen.expected = reference_.object(chosen.key);
      return chosen;
    }
    const std::string id = some_id(chosen.key);
    chosen.version = id_of(id);
    chosen.expected = reference_.find(chosen.key, id);
    if (chosen.expected != nullptr && chosen.expected->marker) chosen.expected = nullptr;
    return chosen;
  }

  void copy_one() {
    const Chosen from = choose();
    const std::string to = key();
    const auto copied =
        store_.catalog().copy({bucket_, object_name(from.key), {}, from.version}, bucket_, object_name(to), {}).wait();
    REQUIRE(copied.has_value() == (from.expected != nullptr));
    if (!copied) return;
    Version version = *from.expected;
    added(to, *copied, std::move(version.body), std::move(version.tags));
  }

  void multipart() {
    const std::string k = key();
    const auto upload = must(store_.catalog().create_upload(bucket_, object_name(k), {}).wait());
    const Chosen from = choose();
    std::string whole = body();
    model::PartInfo part;
    if (from.expected != nullptr && !from.expected->body.empty()) {
      const std::uint64_t first = pick(from.expected->body.size());
      const std::uint64_t length = 1 + pick(from.expected->body.size() - first);
      whole = from.expected->body.substr(first, length);
      part = must(store_.catalog()
                      .copy_part({bucket_, object_name(from.key), {}, from.version}, model::ByteRange{first, length},
                                 bucket_, object_name(k), upload.upload_id, 1)
                      .wait());
    } else {
      part = must(put_part(store_.catalog(), "photos", k, upload.upload_id, 1, whole));
    }
    model::CompleteOptions options;
    options.parts = {{1, part.etag, ""}};
    const auto info = must(store_.catalog().complete(bucket_, object_name(k), upload.upload_id, options).wait());
    added(k, info, std::move(whole), {});
  }

  void tag_one() {
    const Chosen at = choose();
    const model::NameValues tags = {{"t", std::to_string(pick(5))}};
    const auto tagged = store_.catalog().set_tags(bucket_, object_name(at.key), at.version, tags).wait();
    REQUIRE(tagged.has_value() == (at.expected != nullptr));
    if (!tagged) return;
    for (Version& version : reference_.keys[at.key])
      if (&version == at.expected) version.tags = tags;
  }

  void check_one(const std::string& k, const model::VersionChoice& version, const Version* expected) {
    const auto object = store_.catalog().open_object(bucket_, object_name(k), version);
    REQUIRE(object.has_value() == (expected != nullptr));
    if (!object) return;
    const model::ObjectInfo& info = (*object)->info();
    CHECK(info.version_id == expected->id);
    CHECK(info.attributes.tags == expected->tags);
    REQUIRE(info.size == expected->body.size());
    CHECK(must(drain(*(*object)->read({0, info.size}))) == expected->body);
  }
  void read_one() {
    const Chosen at = choose();
    check_one(at.key, at.version, at.expected);
  }

  void switch_versioning() {
    reference_.versioning = pick(2) == 0 ? Versioning::kEnabled : Versioning::kSuspended;
    must(store_.catalog().set_versioning(bucket_, reference_.versioning).wait());
    CHECK(must(store_.catalog().get_bucket(bucket_)).versioning == reference_.versioning);
  }

  void list() {
    const std::string delimiter = pick(2) == 0 ? "/" : "";
    std::vector<std::string> expected;
    for (const auto& [k, versions] : reference_.keys) {
      if (versions.back().marker) continue;
      const std::size_t cut = delimiter.empty() ? std::string::npos : k.find('/', 2);
      const std::string shown = cut == std::string::npos ? k : k.substr(0, cut + 1);
      if (expected.empty() || expected.back() != shown) expected.push_back(shown);
    }
    std::vector<std::string> listed;
    model::ListQuery query{.prefix = "k/", .delimiter = delimiter, .after = {}, .max_keys = 1 + pick(6)};
    while (true) {
      const auto page = must(store_.catalog().list(bucket_, query));
      for (const auto& object : page.objects) listed.emplace_back(object.key);
      listed.insert(listed.end(), page.common_prefixes.begin(), page.common_prefixes.end());
      if (!page.truncated) break;
      query.after = page.next_after;
    }
    std::ranges::sort(listed);
    CHECK(listed == expected);
  }

  void list_versions() {
    std::vector<std::string> expected;
    for (const auto& [k, versions] : reference_.keys)
      for (auto v = versions.rbegin(); v != versions.rend(); ++v)
        expected.push_back(k + " " + v->id + (v->marker ? " x" : " o") + (v == versions.rbegin() ? "*" : ""));
    std::vector<std::string> listed;
    model::VersionQuery query{.max_keys = 1 + pick(12)};
    while (true) {
      const auto page = must(store_.catalog().list_versions(bucket_, query));
      for (const auto& [info, latest] : page.versions)
        listed.push_back(info.key + " " + info.version_id + (info.delete_marker ? " x" : " o") + (latest ? "*" : ""));
      if (!page.truncated) break;
      query.key_marker = page.next_key_marker;
      query.version_marker = must(VersionId::parse(page.next_version_marker));
    }
    CHECK(listed == expected);
  }

  void compare_all() {
    std::uint64_t bytes = 0;
    std::uint64_t objects = 0;
    for (const auto& [k, versions] : reference_.keys) {
      check_one(k, {}, reference_.object(k));
      for (const Version& version : versions) {
        check_one(k, id_of(version.id), version.marker ? nullptr : &version);
        bytes += version.body.size();
        if (!version.marker) ++objects;
      }
    }
    list();
    list_versions();
    CHECK(must(store_.catalog().totals()).logical_bytes == bytes);
    CHECK(must(store_.catalog().totals()).objects == objects);
  }

  // Nothing is left when every version has been deleted: no count was lost, none was counted twice.
  void empty_out() {
    for (const auto& [k, versions] : reference_.keys) {
      CHECK(error_of(store_.catalog().delete_bucket(bucket_).wait()) == Errc::kBucketNotEmpty);
      std::vector<std::string> ids;
      for (const Version& version : versions) ids.push_back(version.id);
      std::ranges::shuffle(ids, random_);
      for (const std::string& id : ids) must(store_.catalog().remove(bucket_, object_name(k), {}, id_of(id)).wait());
    }
    store_.collect();
    for (const auto table :
         {storage::Table::kObjects, storage::Table::kVersions, storage::Table::kInline, storage::Table::kManifests,
          storage::Table::kContents, storage::Table::kBlobs, storage::Table::kBlobPages, storage::Table::kChunks,
          storage::Table::kParts, storage::Table::kQueue}) {
      INFO(to_string(table));
      CHECK(store_.rows(table) == 0);
    }
    CHECK(store_.live_bytes() == 0);
    must(store_.catalog().delete_bucket(bucket_).wait());
  }

  std::mt19937_64 random_;
  const BucketName bucket_ = bucket_name("photos");
  TestStore store_;
  Reference reference_;
  std::vector<std::string> seen_;
};

}  // namespace

TEST_CASE("random operations on versions agree with a model, in memory") {
  const auto seed = setting("OBJSTORE_SEED", 1);
  const auto operations = setting("OBJSTORE_OPERATIONS", 2'000);
  WARN("seed " << seed << ", " << operations << " operations");
  Player(seed, Backing::kMemory).play(operations, false);
}

TEST_CASE("random operations on versions agree with a model, on files and across restarts") {
  const auto seed = setting("OBJSTORE_SEED", 2);
  const auto operations = setting("OBJSTORE_OPERATIONS", 800);
  WARN("seed " << seed << ", " << operations << " operations");
  Player(seed, Backing::kFiles).play(operations, true);
}
