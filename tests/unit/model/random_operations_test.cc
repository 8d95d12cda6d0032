// Sequences of operations against a map: F1 of docs/reliability.md in its short form. OBJSTORE_SEED and
// OBJSTORE_OPERATIONS choose another sequence; both are printed.
#include <cstdlib>
#include <map>

#include "server/model/check.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;

namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Player {
 public:
  Player(std::uint64_t seed, Backing backing) : random_(seed), store_(backing) {
    must(store_.catalog().create_bucket(bucket_, "alice", "").wait());
  }

  void play(std::uint64_t operations, bool restarts) {
    for (std::uint64_t i = 0; i < operations; ++i) {
      INFO("operation " << i);
      switch (pick(restarts ? 10 : 9)) {
        case 0:
        case 1:
        case 2:
          put_one();
          break;
        case 3:
          remove_one();
          break;
        case 4:
          copy_one();
          break;
        case 5:
          multipart();
          break;
        case 6:
          range();
          break;
        case 7:
          list();
          break;
        case 8:
          store_.collect();
          break;
        default:
          if (pick(10) == 0) store_.reopen();
      }
    }
    compare_all();
    check();
    empty_out();
    check();
  }

 private:
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }
  std::string key() { return "k/" + std::to_string(pick(12)) + (pick(3) == 0 ? "/below" : ""); }
  // From few seeds, so that equal contents and equal parts of contents come up.
  std::string body() {
    static constexpr std::size_t kSizes[] = {0, 1, 100, 2048, 2049, 9'000, 16'384, 40'000, 150'000};
    return random_bytes(kSizes[pick(9)], pick(4)) + random_bytes(pick(2) * 3'000, pick(4));
  }

  void put_one() {
    const std::string k = key();
    const std::string b = body();
    must(put(store_.catalog(), "photos", k, b));
    model_[k] = b;
  }

  void remove_one() {
    const std::string k = key();
    const bool existed = must(store_.catalog().remove(bucket_, object_name(k), {}).wait()).existed;
    CHECK(existed == (model_.erase(k) > 0));
  }

  void copy_one() {
    const std::string from = key();
    const std::string to = key();
    const auto copied = store_.catalog().copy({bucket_, object_name(from), {}}, bucket_, object_name(to), {}).wait();
    const auto at = model_.find(from);
    REQUIRE(copied.has_value() == (at != model_.end()));
    if (copied) model_[to] = std::string(at->second);
  }

  void multipart() {
    const std::string k = key();
    const auto upload = must(store_.catalog().create_upload(bucket_, object_name(k), {}).wait());
    // One part from a body, or one copied: larger ones would only make this slower.
    std::string whole = body();
    model::PartInfo part;
    const auto source = model_.begin();
    if (pick(2) == 0 && source != model_.end() && !source->second.empty()) {
      const std::uint64_t first = pick(source->second.size());
      const std::uint64_t length = 1 + pick(source->second.size() - first);
      part = must(store_.catalog()
                      .copy_part({bucket_, object_name(source->first), {}}, model::ByteRange{first, length}, bucket_,
                                 object_name(k), upload.upload_id, 1)
                      .wait());
      whole = source->second.substr(first, length);
    } else {
      part = must(put_part(store_.catalog(), "photos", k, upload.upload_id, 1, whole));
    }
    if (pick(3) == 0) {
      must(store_.catalog().abort(bucket_, object_name(k), upload.upload_id).wait());
      return;
    }
    model::CompleteOptions options;
    options.parts = {{1, part.etag, ""}};
    must(store_.catalog().complete(bucket_, object_name(k), upload.upload_id, options).wait());
    model_[k] = whole;
  }

  void range() {
    const auto at = model_.lower_bound(key());
    if (at == model_.end()) return;
    const auto object = must(store_.catalog().open_object(bucket_, object_name(at->first)));
    REQUIRE(object->info().size == at->second.size());
    const std::uint64_t first = pick(at->second.size() + 1);
    const std::uint64_t length = pick(at->second.size() - first + 1);
    CHECK(must(drain(*object->read({first, length}))) == at->second.substr(first, length));
  }

  void list() {
    const std::string prefix = pick(2) == 0 ? "k/1" : "";
    const auto page = must(store_.catalog().list(bucket_, {.prefix = prefix}));
    std::vector<std::pair<std::string, std::uint64_t>> listed;
    for (const auto& object : page.objects) listed.emplace_back(object.key, object.size);
    std::vector<std::pair<std::string, std::uint64_t>> expected;
    for (const auto& [k, b] : model_) {
      if (k.starts_with(prefix)) expected.emplace_back(k, b.size());
    }
    CHECK(listed == expected);
  }

  void compare_all() {
    const auto page = must(store_.catalog().list(bucket_, {}));
    REQUIRE(page.objects.size() == model_.size());
    std::uint64_t bytes = 0;
    for (const auto& [k, b] : model_) {
      CHECK(must(get(store_.catalog(), "photos", k)) == b);
      bytes += b.size();
    }
    CHECK(must(store_.catalog().totals()).logical_bytes == bytes);
    CHECK(must(store_.catalog().totals()).objects == model_.size());
  }

  void check() {
    auto& engine = store_.engine();
    const auto findings =
        must(model::check_store({.metadata = engine.metadata(), .segments = engine.segments().list()}, {}));
    for (const auto& finding : findings.kept()) UNSCOPED_INFO(finding.kind << ": " << finding.message);
    CHECK(findings.clean());
  }

  // Nothing is left when everything has been deleted: no count was lost, none was counted twice.
  void empty_out() {
    for (const auto& [k, b] : model_) must(store_.catalog().remove(bucket_, object_name(k), {}).wait());
    store_.collect();
    for (const auto table : {storage::Table::kObjects, storage::Table::kInline, storage::Table::kManifests,
                             storage::Table::kContents, storage::Table::kBlobs, storage::Table::kBlobPages,
                             storage::Table::kChunks, storage::Table::kParts, storage::Table::kQueue}) {
      INFO(to_string(table));
      CHECK(store_.rows(table) == 0);
    }
    CHECK(store_.live_bytes() == 0);
  }

  std::mt19937_64 random_;
  const BucketName bucket_ = bucket_name("photos");
  TestStore store_;
  std::map<std::string, std::string> model_;
};

}  // namespace

TEST_CASE("random operations agree with a map, in memory") {
  const auto seed = setting("OBJSTORE_SEED", 1);
  const auto operations = setting("OBJSTORE_OPERATIONS", 1'500);
  WARN("seed " << seed << ", " << operations << " operations");
  Player(seed, Backing::kMemory).play(operations, false);
}

TEST_CASE("random operations agree with a map, on files and across restarts") {
  const auto seed = setting("OBJSTORE_SEED", 2);
  const auto operations = setting("OBJSTORE_OPERATIONS", 800);
  WARN("seed " << seed << ", " << operations << " operations");
  Player(seed, Backing::kFiles).play(operations, true);
}
