// Blobs: their rows, pages, contents, counts and markers against each other and against the extents that name them.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "common/base/bytes.h"
#include "server/storage/check_pass.h"
#include "server/storage/staging.h"

namespace objstore::storage {
namespace {

struct Entry {
  bool has_row = false;
  BlobState state = BlobState::kStaged;
  bool has_counter = false;
  bool queued = false;
  bool staged = false;   // it has a marker
  bool content = false;  // a row of contents names it
  bool in_order = true;  // its pages
  bool hash_agrees = true;
  std::uint32_t pages = 0;
  std::uint32_t pages_seen = 0;
  std::uint64_t size = 0;
  std::uint64_t bytes_listed = 0;
  std::uint64_t content_key_hash = 0;
  std::int64_t counter = 0;
  std::int64_t counted = 0;
};

class BlobCheck {
 public:
  BlobCheck(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings)
      : pass_(pass), sources_(sources), share_(share), findings_(findings) {}

  Status run() {
    OBJSTORE_TRY(read_rows());
    OBJSTORE_TRY(read_pages());
    OBJSTORE_TRY(read_contents());
    OBJSTORE_TRY(read_counters());
    OBJSTORE_TRY(read_markers());
    OBJSTORE_TRY(read_references());
    judge();
    return {};
  }

 private:
  Status read_rows();
  Status read_pages();
  Status read_contents();
  Status read_counters();
  Status read_markers();
  Status read_references();
  void take_extent(const Extent& extent, const std::function<Finding()>& who);
  void judge();
  void judge_published(std::uint64_t id, const Entry& entry);
  void judge_unpublished(std::uint64_t id, const Entry& entry);
  void report(Severity severity, std::string kind, std::uint64_t blob, std::string message, std::string_view advice) {
    findings_.add({.severity = severity,
                   .kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(advice),
                   .blob = blob});
  }

  const CheckPass& pass_;
  const CheckSources& sources_;
  const Share share_;
  Findings& findings_;
  std::unordered_map<std::uint64_t, Entry> blobs_;
};

std::uint64_t hash_of(std::string_view content_key) {
  return std::hash<std::string_view>()(content_key);
}

void digest_ids(Digest& digest, const std::vector<ChunkRef>& chunks) {
  for (const ChunkRef& chunk : chunks) digest.update(chunk.id);
}

Status BlobCheck::read_rows() {
  return pass_.walk(Table::kBlobs, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != 8 || !share_.has(id_of_key(key))) return;
    const auto row = decode_blob(value);
    if (!row) return;  // reported already
    Entry& entry = blobs_[id_of_key(key)];
    entry.has_row = true;
    entry.state = row->state;
    entry.pages = row->pages;
    entry.size = row->size;
    if (row->state == BlobState::kPublished)
      entry.content_key_hash = hash_of(content_key(row->domain, row->content_hash));
    for (const ChunkRef& chunk : row->chunks) entry.bytes_listed += chunk.raw_size;
    if (row->pages == 0 && row->state == BlobState::kPublished) {
      Digest digest(DigestKind::kSha256);
      digest_ids(digest, row->chunks);
      entry.hash_agrees = digest.finish() == row->content_hash;
    }
  });
}

// Rows come in order of blobs, then of pages.
Status BlobCheck::read_pages() {
  std::uint64_t current = 0;
  Digest digest(DigestKind::kSha256);
  Status failed = {};
  const auto finish = [&]() -> Status {
    const std::string hash = digest.finish();
    const auto found = blobs_.find(current);
    if (found == blobs_.end() || !found->second.has_row || found->second.state != BlobState::kPublished) return {};
    OBJSTORE_ASSIGN(const auto bytes, sources_.metadata.get(Table::kBlobs, id_key(current)));
    const auto row = bytes ? decode_blob(*bytes) : fail(Errc::kCorrupt, "");
    found->second.hash_agrees = row && row->content_hash == hash;
    return {};
  };
  OBJSTORE_TRY(pass_.walk(Table::kBlobPages, {}, [&](std::string_view key, std::string_view value) {
    if (key.size() != 12 || !share_.has(id_of_key(key))) return;
    const std::uint64_t id = id_of_key(key);
    if (id != current) {
      if (Status finished = finish(); !finished && failed) failed = std::move(finished);
      current = id;
    }
    const auto found = blobs_.find(id);
    if (found == blobs_.end()) {
      report(Severity::kLeak, "blob-page-orphan", 0,
             "a page of chunks belongs to blob " + id_text(id) + ", which does not exist", kAdviceLeak);
      return;
    }
    Entry& entry = found->second;
    const auto chunks = decode_chunk_page(value);
    entry.in_order &= read_u32_be(key.substr(8)) == entry.pages_seen && chunks.has_value();
    ++entry.pages_seen;
    if (!chunks) return;
    for (const ChunkRef& chunk : *chunks) entry.bytes_listed += chunk.raw_size;
    digest_ids(digest, *chunks);
  }));
  OBJSTORE_TRY(finish());
  return failed;
}

Status BlobCheck::read_contents() {
  return pass_.walk(Table::kContents, {}, [&](std::string_view key, std::string_view value) {
    if (value.size() != 8 || !share_.has(read_u64_be(value))) return;
    const std::uint64_t id = read_u64_be(value);
    const auto found = blobs_.find(id);
    const bool good = found != blobs_.end() && found->second.state == BlobState::kPublished &&
                      found->second.content_key_hash == hash_of(key);
    if (good) {
      found->second.content = true;
      return;
    }
    report(
        Severity::kDamage, "content-wrong", id,
        fmt::format("the content {} is said to lie in blob {}, which does not hold it; an upload of the same content "
                    "would be acknowledged and could not be read",
                    to_hex(as_bytes(key.substr(4))), id_text(id)),
        kAdviceReport);
  });
}

Status BlobCheck::read_counters() {
  return pass_.walk(Table::kCounts, "b", [&](std::string_view key, std::string_view value) {
    if (key.size() != 9 || !share_.has(read_u64_be(key.substr(1)))) return;
    Entry& entry = blobs_[read_u64_be(key.substr(1))];
    entry.has_counter = true;
    entry.counter = decode_counter(std::string(value)).value_or(0);
  });
}

Status BlobCheck::read_markers() {
  OBJSTORE_TRY(pass_.walk(Table::kStore, kStagedPrefix, [&](std::string_view key, std::string_view) {
    const std::string_view id = key.substr(kStagedPrefix.size());
    if (id.size() == 8 && share_.has(read_u64_be(id))) blobs_[read_u64_be(id)].staged = true;
  }));
  return pass_.walk(Table::kQueue, {}, [&](std::string_view, std::string_view value) {
    const auto release = decode_release(value);
    if (!release) return;
    for (const std::uint64_t id : release->blobs) {
      // A release may outlive what it names.
      if (const auto found = blobs_.find(id); found != blobs_.end()) found->second.queued = true;
    }
  });
}

void BlobCheck::take_extent(const Extent& extent, const std::function<Finding()>& who) {
  if (!share_.has(extent.blob)) return;
  const auto found = blobs_.find(extent.blob);
  const auto damaged = [&](std::string kind, std::string message) {
    Finding finding = who();
    finding.kind = std::move(kind);
    finding.message = std::move(message);
    finding.advice = kAdviceRestore;
    findings_.add(std::move(finding));
  };
  if (found == blobs_.end() || !found->second.has_row) {
    damaged("blob-missing", "blob " + id_text(extent.blob) + " holds bytes of it and does not exist: they are lost");
    return;
  }
  Entry& entry = found->second;
  ++entry.counted;
  if (entry.state != BlobState::kPublished) {
    damaged("blob-unpublished",
            "blob " + id_text(extent.blob) + " holds bytes of it and is not published, or being released");
  } else if (extent.offset > entry.size || extent.length > entry.size - extent.offset) {
    damaged("extent-outside", fmt::format("it names bytes {} to {} of blob {}, which has {}", extent.offset,
                                          extent.offset + extent.length, id_text(extent.blob), entry.size));
  }
}

Status BlobCheck::read_references() {
  OBJSTORE_TRY(sources_.layouts([&](const Layout& layout, std::uint64_t, const OwnerOf& owner) {
    for (const Extent& extent : layout.extents) take_extent(extent, [&] { return Finding{.owners = {owner()}}; });
  }));
  return pass_.walk(Table::kManifests, {}, [&](std::string_view key, std::string_view value) {
    const auto extents = decode_manifest_page(value);
    if (key.size() != 12 || !extents) return;
    for (const Extent& extent : *extents) take_extent(extent, [&] { return Finding{.manifest = id_of_key(key)}; });
  });
}

void BlobCheck::judge_published(std::uint64_t id, const Entry& entry) {
  const std::string name = "blob " + id_text(id);
  if (entry.pages_seen != entry.pages || !entry.in_order) {
    report(Severity::kDamage, "blob-pages", id,
           fmt::format("{} has {} pages of chunks and should have {}: bytes of it are lost", name, entry.pages_seen,
                       entry.pages),
           kAdviceRestore);
  } else if (entry.bytes_listed != entry.size) {
    report(Severity::kDamage, "blob-size", id,
           fmt::format("{} should have {} bytes, and its chunks have {}", name, entry.size, entry.bytes_listed),
           kAdviceRestore);
  } else if (!entry.hash_agrees) {
    report(Severity::kDamage, "blob-content", id,
           name + " does not consist of the chunks that its content hash is made of", kAdviceRestore);
  }
  if (!entry.content)
    report(Severity::kLeak, "content-missing", id,
           name + " is not found by its content: equal bytes are stored again, and its space is never given back",
           kAdviceLeak);
  if (entry.counter < entry.counted) {
    report(Severity::kDamage, "blob-count", id,
           fmt::format("{} is counted {} times and used {} times: it would be removed while it is still needed", name,
                       entry.counter, entry.counted),
           kAdviceReport);
  } else if (entry.counter > entry.counted) {
    report(Severity::kLeak, "blob-count", id,
           fmt::format("{} is counted {} times and used {} times: its space is never given back", name, entry.counter,
                       entry.counted),
           kAdviceLeak);
  } else if (entry.counter == 0 && !entry.queued) {
    report(Severity::kLeak, "blob-unqueued", id, name + " is used by nobody and was not handed to the collector",
           kAdviceLeak);
  }
}

void BlobCheck::judge_unpublished(std::uint64_t id, const Entry& entry) {
  const bool staged = entry.state == BlobState::kStaged;
  const std::string name = std::string(staged ? "the unfinished " : "the released ") + "blob " + id_text(id);
  if (staged && (entry.pages_seen != entry.pages || !entry.in_order) && !entry.queued)
    report(Severity::kLeak, "blob-pages", id,
           fmt::format("{} has {} pages of chunks and should have {}", name, entry.pages_seen, entry.pages),
           kAdviceLeak);
  if (entry.counter != entry.counted)
    report(entry.counter < entry.counted ? Severity::kDamage : Severity::kLeak, "blob-count", id,
           fmt::format("{} is counted {} times and used {} times", name, entry.counter, entry.counted), kAdviceReport);
  if (!entry.queued && !(staged && entry.staged))
    report(Severity::kLeak, staged ? "blob-unmarked" : "blob-unqueued", id,
           name + " belongs to no upload, and the collector does not know of it", kAdviceLeak);
}

void BlobCheck::judge() {
  std::vector<std::uint64_t> ids;
  ids.reserve(blobs_.size());
  for (const auto& [id, entry] : blobs_) ids.push_back(id);
  std::ranges::sort(ids);
  for (const std::uint64_t id : ids) {
    const Entry& entry = blobs_.at(id);
    if (entry.has_row && entry.state == BlobState::kPublished) {
      judge_published(id, entry);
    } else if (entry.has_row) {
      judge_unpublished(id, entry);
    } else if (entry.staged) {
      report(Severity::kLeak, "staged-orphan", 0,
             "an unfinished upload is noted for blob " + id_text(id) + ", which does not exist",
             "Nothing needs to be done; the next start of the server clears it.");
    } else if (entry.has_counter) {
      report(Severity::kLeak, "blob-count-orphan", 0,
             "there is a count of blob " + id_text(id) + ", which does not exist", kAdviceLeak);
    }
  }
}

}  // namespace

Status check_blobs(const CheckPass& pass, const CheckSources& sources, Share share, Findings& findings) {
  return BlobCheck(pass, sources, share, findings).run();
}

}  // namespace objstore::storage
