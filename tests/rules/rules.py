"""The rules of docs/architecture.md that keep the store correct when everything happens at once, and how each is taken out.

A Rule names a place in the source: `old` is replaced by `new`, in which OUT is true while that rule is taken out, and false else.
Then a test of `target` must fail. Where none can, since another rule covers every interleaving, `covered_by` says why.
"""
import collections

Rule = collections.namedtuple("Rule", "name text file old new target covered_by", defaults=[""])

STORAGE, MODEL, CONTRACT = "unit_storage", "unit_model", "contract_storage"


def without(name, text, file, statement, target, tail=""):
    """A rule that is a statement; `tail` stands behind it, to find the place by."""
    return Rule(name, text, file, statement + tail, f"if (!OUT) {{ {statement} }}{tail}", target)


RULES = [
    without("place-states-row", "a new location states that the row is as it was read", "server/storage/blob_writer.cc",
            "expect_as_read(batch, Table::kChunks, chunk_key(key), stored);", STORAGE, "\n  ChunkRow fresh;"),
    Rule("commit-only-counts", "a commit never rewrites a location that it found", "server/storage/blob_writer.cc",
         "if (row.usable()) {\n      // Only the count", "if (row.usable() && !(OUT && !pending.appended.empty())) {\n      // Only the count",
         STORAGE),
    without("swap-states-row", "the compactor swaps a location only in a row that is as it was read", "server/storage/chunk_copies.cc",
            "batch.expect(Table::kChunks, chunk_key(chunk), bytes);", STORAGE),
    Rule("swap-looks-again", "the compactor swaps only the location that it copied from", "server/storage/compactor.cc",
         "if (here == placements.end() || here->quarantined || row.condemned) continue;\n    here->location = moved.to;",
         "if (!OUT && (here == placements.end() || here->quarantined || row.condemned)) continue;\n"
         "    (here == placements.end() ? placements.front() : *here).location = moved.to;", STORAGE),
    without("content-absent", "publishing requires the content row to be absent", "server/storage/blob_writer.cc",
            "batch.expect_absent(Table::kContents, content);", STORAGE),
    without("content-as-found", "sharing a blob requires that its content row still names it", "server/storage/blob_writer.cc",
            "batch.expect(Table::kContents, content, *existing);", STORAGE),
    without("staged-is-released", "an upload that shares a blob queues its own for release", "server/storage/blob_writer.cc",
            "if (staged_) release_staged(batch, blob_, engine_.next_id());", STORAGE),
    without("condemn-at-zero", "a blob's collection begins only at a count of 0", "server/storage/collector.cc",
            "batch.expect_counter(blob_count_key(blob), 0);", STORAGE),
    without("content-goes-first", "a blob's collection begins by removing its content row", "server/storage/collector.cc",
            "batch.erase(Table::kContents, content_key(row.domain, row.content_hash));", STORAGE),
    Rule("pages-with-counts", "a page of a blob goes in one batch with its counts", "server/storage/collector.cc",
         "batch.expect(Table::kBlobPages, key, value);\n  batch.erase(Table::kBlobPages, key);",
         "Batch alone;\n  (OUT ? alone : batch).expect(Table::kBlobPages, key, value);\n  (OUT ? alone : batch).erase(Table::kBlobPages, key);\n"
         "  OBJSTORE_TRY(commit(item, std::move(alone)));", STORAGE),
    without("replace-states-generation", "a batch that replaces an object states the row that it read, also unconditionally",
            "server/model/object_rows.cc", "batch.expect(object.table, object.row_key, object.bytes);", MODEL),
    without("create-states-absence", "a batch that creates a key states that it is absent", "server/model/object_rows.cc",
            "batch.expect_absent(Table::kObjects, row_key);", MODEL),
    without("write-states-bucket", "a write states the bucket, and its versioning, as they were read", "server/model/object_rows.cc",
            "expect(batch, bucket);", MODEL, "\n  if (!current) {"),
    without("promote-states-version", "a version that becomes current states that it still is the next one", "server/model/object_rows.cc",
            "batch.expect(Table::kVersions, std::string(cursor->key()), std::string(cursor->value()));", MODEL),
    Rule("group-sees-group", "a batch is checked against the earlier batches of its group", "server/storage/group_check.cc",
         "found != changes.end()) {", "found != changes.end() && !OUT) {", CONTRACT),
    Rule("uploads-enter", "uploads enter an epoch before their first look-up", "server/storage/blob_writer.cc",
         "guard_(engine.epochs().enter())", "guard_(OUT ? EpochGuard() : engine.epochs().enter())", STORAGE),
    Rule("reads-enter", "... and reads", "server/model/get.cc", "storage::EpochGuard guard = engine_.epochs().enter();",
         "storage::EpochGuard guard = OUT ? storage::EpochGuard() : engine_.epochs().enter();", MODEL),
    Rule("copies-enter", "... and copies of parts", "server/model/parts.cc", "State{engine_.epochs().enter(), nullptr}",
         "State{OUT ? storage::EpochGuard() : engine_.epochs().enter(), nullptr}", MODEL),
    Rule("epoch-drains", "removal waits until no operation runs that may hold a name", "server/storage/collector.cc",
         "while (!engine_.epochs().drained(epoch)) {", "while (!OUT && !engine_.epochs().drained(epoch)) {", STORAGE),
    Rule("condemned-is-absent", "look-ups treat condemned as absent", "server/storage/rows.cc", "return !condemned &&", "return (OUT || !condemned) &&",
         STORAGE),
    Rule("removal-at-zero", "a chunk is removed only if its count is still 0", "server/storage/collector.cc",
         "if (count == 0) {\n      batch.expect_counter(chunk_count_key(key), 0);",
         "if (OUT || count == 0) {\n      if (!OUT) batch.expect_counter(chunk_count_key(key), 0);", STORAGE),
    Rule("age-is-bounded", "an operation that is too old is no longer waited for", "server/storage/epoch.cc",
         "if (now - member.entered < age_max_ + kGrace) return false;", "if (OUT || now - member.entered < age_max_ + kGrace) return false;", STORAGE),
    Rule("old-is-revoked", "... and is cut before that", "server/storage/epoch.cc",
         "return epochs_ != nullptr &&", "return !OUT && epochs_ != nullptr &&", STORAGE),
    Rule("pins-hold", "a segment stays while somebody has appended to it what is not committed", "server/storage/collector.cc",
         "return !segment.sealed || segment.pinned;", "return !segment.sealed || (segment.pinned && !OUT);", STORAGE),
    Rule("gate-holds", "a segment stays until a checkpoint without it is complete", "server/storage/collector.cc",
         "if (!engine_.removal_gate().passed(mark) ||", "if ((!OUT && !engine_.removal_gate().passed(mark)) ||", STORAGE),
    Rule("queue-row-last", "the queue row stays until every step of it has been made", "server/storage/collector.cc",
         "if (item.again) return {};", "if (item.again && !OUT) return {};", STORAGE),
    without("sync-before-swap", "the compactor's copies are synced before a row names them", "server/storage/compactor.cc",
            "OBJSTORE_TRY(engine_.segments().sync(Lane::kBackground));", STORAGE),
    without("part-states-upload", "a part states that its upload is open", "server/model/parts.cc",
            "batch.expect(Table::kUploads, upload_row_key, upload.bytes);", MODEL),
    without("part-states-part", "a part states the part that it replaces", "server/model/parts.cc", "batch.expect(Table::kParts, key, *old);", MODEL),
    Rule("completing-first", "a completion leaves the state open before it reads the parts", "server/model/complete.cc",
         "move_upload(row_key, open, UploadState::kCompleting);", "move_upload(row_key, open, OUT ? UploadState::kOpen : UploadState::kCompleting);",
         MODEL),
    Rule("completion-reopens", "a completion that fails returns the upload to open", "server/model/complete.cc",
         "if (!published) {", "if (!published && !OUT) {", MODEL),
    Rule("restart-reopens", "... and so does a restart", "server/model/uploads.cc",
         "move_upload(upload.row_key, upload.upload, UploadState::kOpen)",
         "move_upload(upload.row_key, upload.upload, OUT ? UploadState::kCompleting : UploadState::kOpen)", MODEL),
    without("unlisted-are-queued", "parts that a completion does not list are queued", "server/model/complete.cc",
            "assembly.released.push_back(part.layout);", MODEL, "\n      continue;"),
    without("completion-kept", "a retried completion gets its answer", "server/model/complete.cc", "completed.result = row.info;", MODEL),
    Rule("release-queues", "every release writes a queue row in its batch", "server/storage/engine.cc",
         "if (!release.empty()) batch.put(Table::kQueue,", "if (!OUT && !release.empty()) batch.put(Table::kQueue,", STORAGE),
    Rule("quarantine-generation", "a commit that counts on what it found states the generation of the quarantine",
         "server/storage/blob_writer.cc", "if (relies_on_found) expect_as_read(", "if (relies_on_found && !OUT) expect_as_read(", STORAGE),
    without("quarantine-advances", "... which each damaged place advances", "server/storage/engine.cc",
            "attempt.batch.put(Table::kStore, std::string(kQuarantineKey), id_key(generation.value_or(0) + 1));", STORAGE),
    Rule("quarantined-is-absent", "look-ups treat quarantined as absent", "server/storage/rows.cc",
         "return !p.quarantined;", "return OUT || !p.quarantined;", STORAGE),
    Rule("damage-believed-twice", "a failed checksum is believed only when the row still says the same", "server/storage/extent_source.cc",
         "if (*bytes == seen) return", "if (*bytes == seen || (OUT && !seen.empty())) return", STORAGE),
    Rule("damage-is-of-a-place", "only the place that was read is marked as damaged, if the row still names it", "server/storage/engine.cc",
         "if (placement.location == location && !placement.quarantined)",
         "if ((OUT || placement.location == location) && !placement.quarantined)", STORAGE),
    Rule("moved-is-not-damaged", "a copy that cannot be read is not marked when the row has changed meanwhile", "server/storage/extent_source.cc",
         "moved = now != bytes;", "moved = now != bytes && !OUT;", STORAGE,
         "`damage-is-of-a-place` looks at the row once more, in the batch that marks: a place that the row names no longer is not marked, "
         "and one that it still names is damaged, since what lies at a place never changes. This look saves the attempt, and keeps the "
         "error of a place that is no longer named from being the answer when no copy can be read"),
    Rule("failure-stops", "after a failed write of the metadata nothing is accepted any more", "server/storage/committer.cc",
         "metadata_failed = true;", "metadata_failed = !OUT;", CONTRACT),
]
