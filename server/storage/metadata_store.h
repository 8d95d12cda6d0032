// The metadata port: ordered tables of byte strings with one conditional atomic batch. Nothing of RocksDB shows here.
//
// Adapters: RocksDB (rocksdb_metadata_store) and memory (memory_metadata_store); both pass tests/contract. Reads may be
// made from any thread, at once with commits. commit() is called by one thread (the Committer).
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::storage {

// Keys, values and their schemas: docs/formats/metadata.md. Numbers and names are part of the format.
enum class Table : std::uint8_t {
  kStore = 0,             // singletons: format, feature sets, run number, quarantine generation
  kBuckets = 1,           // bucket name
  kObjects = 2,           // (bucket id, key): the current version
  kVersions = 3,          // (bucket id, key, inverted sequence): older versions
  kInline = 4,            // object id: bodies of small objects
  kManifests = 5,         // (manifest id, page)
  kContents = 6,          // (domain, content hash) -> blob id
  kBlobs = 7,             // blob id
  kBlobPages = 8,         // (blob id, page)
  kChunks = 9,            // (domain, chunk id) -> location
  kCounts = 10,           // counters only
  kQueue = 11,            // releases that the collector has to follow
  kUploads = 12,          // (bucket id, key, upload id)
  kParts = 13,            // (upload id, part number)
  kSegments = 14,         // segment id
  kPrincipals = 15,       // accounts, users and access keys
  kBucketDocuments = 16,  // (bucket id, name): what is configured for a bucket
};
inline constexpr std::size_t kTableCount = 17;
// "objects" and so on: the name of the column family.
std::string_view to_string(Table table) noexcept;

// A point in the sequence of commit groups, while the store is open: see MetadataStore::moment().
using Moment = std::uint64_t;
inline constexpr Moment kNoMoment = 0;

// A write that happens as a whole, or not at all. Preconditions compare with what is stored when the batch's turn
// comes, earlier batches of its group included. Of two writes to one key the later one counts.
class Batch {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{4} << 20;

  void expect(Table table, std::string key, std::string value);  // the stored value equals `value`
  void expect_absent(Table table, std::string key);
  void expect_counter(std::string key, std::int64_t value);  // an absent counter is 0

  // All rows that this batch states were read as stated, from the store, after it was asked for this moment. So the
  // store need not read again what no commit has touched since. Never for a row that was not read, or read before.
  void read_since(Moment moment) noexcept { read_since_ = moment; }
  Moment read_since() const noexcept { return read_since_; }

  void put(Table table, std::string key, std::string value);
  void erase(Table table, std::string key);
  // kCounts[key] += delta. A counter that reaches 0 stays, with value 0, until erase_counter. A result below 0 refuses
  // the batch with kCorrupt.
  void add(std::string key, std::int64_t delta);
  void erase_counter(std::string key);
  // add() for a counter that was never there, as its name holds an id that is new: it is not looked up.
  void start(std::string key, std::int64_t value);

  struct Condition {
    Table table;
    std::string key;
    std::optional<std::string> value;  // nothing: absent
  };
  struct CounterCondition {
    std::string key;
    std::int64_t value;
  };
  struct Write {
    Table table;
    std::string key;
    std::optional<std::string> value;  // nothing: erase
  };
  struct Addition {
    std::string key;
    std::int64_t delta;
    bool starts;  // nothing is stored
  };
  const std::vector<Condition>& conditions() const noexcept { return conditions_; }
  const std::vector<CounterCondition>& counter_conditions() const noexcept { return counter_conditions_; }
  const std::vector<Write>& writes() const noexcept { return writes_; }
  const std::vector<Addition>& additions() const noexcept { return additions_; }
  std::size_t bytes() const noexcept { return bytes_; }  // keys and values of everything
  bool empty() const noexcept { return writes_.empty() && additions_.empty(); }

 private:
  std::vector<Condition> conditions_;
  std::vector<CounterCondition> counter_conditions_;
  std::vector<Write> writes_;
  std::vector<Addition> additions_;
  std::size_t bytes_ = 0;
  Moment read_since_ = kNoMoment;
};

// Walks one table in byte order of keys. Sees one consistent state. One thread at a time; must not outlive its reader.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual void seek(std::string_view key) = 0;  // to the first key >= `key`
  virtual void next() = 0;                      // CHECKs valid()
  // False at the end of the table or prefix, and after an error: ask status().
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;  // until the next move
  virtual std::string_view value() const = 0;
  virtual Status status() const = 0;  // kCorrupt, kIo
};

class MetadataReader {
 public:
  virtual ~MetadataReader() = default;
  // Nothing when absent. Errors: kCorrupt, kIo.
  virtual Result<std::optional<std::string>> get(Table table, std::string_view key) const = 0;
  // As many answers as keys, in their order.
  virtual Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                                    std::span<const std::string> keys) const = 0;
  // Positioned on the first key of `prefix`; confined to it.
  virtual std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const = 0;
};

class MetadataStore : public MetadataReader {
 public:
  // A consistent state of all tables at this moment. Must not outlive the store; hold it for seconds, not hours.
  virtual std::unique_ptr<MetadataReader> snapshot() const = 0;

  // Checks and applies the batches in order, all that hold by one synced write. One answer for each: success means
  // that it is on stable storage; kConflict that a precondition did not hold, kCorrupt that a counter would fall below
  // 0, kTooLarge above Batch::kBytesMax: that batch did nothing, the others are not affected. kIo: the log could not be
  // written or synced; what of the group survives is unknown until the store is opened again, and every later commit
  // answers kIo.
  virtual std::vector<Status> commit(std::span<const Batch> group) = 0;

  // For Batch::read_since(): what get, multi_get and scan find from now on is the state of this moment, or a later one.
  virtual Moment moment() const = 0;

  struct Usage {
    std::uint64_t disk_bytes = 0;
    std::uint64_t memory_bytes = 0;  // memtables and block cache
  };
  virtual Usage usage() const = 0;

  // Makes `directory`, whose parent exists, into a copy of the store as it is at some moment of this call; the copy can
  // be opened as a store of its own. Files that never change are hard links, so that it costs next to nothing; the copy
  // is on stable storage, its name in the parent is not. Any thread, at once with commits. kConflict: the name is
  // taken. kUnsupported: nothing of this adapter outlives the process. kNoSpace, kIo.
  virtual Status checkpoint(const std::string& directory) = 0;

  // Erases every row of a table without reading it, so also one whose rows cannot be read. For repairs: nobody may use
  // the store meanwhile. Durable on return. kIo.
  virtual Status clear(Table table) = 0;
};

// The value of a counter as stored in kCounts (8 bytes, big-endian); an absent one is 0. kCorrupt for other lengths.
std::string encode_counter(std::int64_t value);
Result<std::int64_t> decode_counter(const std::optional<std::string>& stored);

}  // namespace objstore::storage
