// The values of the tables: bytes that a disk may give back in any state. What is accepted is written again as a row
// that reads the same, and that is its own encoding from then on.
#include <memory_resource>
#include <string>

#include "common/base/check.h"
#include "server/auth/principal_rows.h"
#include "server/model/listed_row.h"
#include "server/model/model_rows.h"
#include "server/storage/rows.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;

namespace {

template <class Decode, class Encode>
void check_row(std::string_view bytes, Decode decode, Encode encode) {
  const auto row = decode(bytes);
  if (!row) return;
  const std::string once = encode(*row);
  const auto again = decode(std::string_view(once));
  CHECK(again && encode(*again) == once);
}

constexpr auto kEncode = [](const auto& row) { return encode(row); };

void check_storage(std::string_view bytes) {
  using namespace objstore::storage;
  check_row(bytes, [](auto b) { return decode_chunk(b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_blob(b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_release(b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_chunk_page(b); }, [](const auto& r) { return encode_chunk_page(r); });
  check_row(
      bytes, [](auto b) { return decode_manifest_page(b); }, [](const auto& r) { return encode_manifest_page(r); });
}

// A listing reads rows in its own way, and has to find in them what everybody else does.
void check_listed(std::string_view bytes) {
  using namespace objstore::model;
  std::pmr::monotonic_buffer_resource texts;
  (void)decode_listed("key", bytes, texts);
  const auto row = decode_object("key", bytes);
  if (!row) return;
  const ObjectInfo& info = row->info;
  const auto listed = decode_listed("key", encode(*row), texts);
  CHECK(listed && listed->key == info.key && listed->delete_marker == info.delete_marker && listed->size == info.size &&
        listed->modified_ms == info.modified_ms && listed->etag == info.etag &&
        listed->owner_account == info.owner_account && listed->storage_class == info.attributes.storage_class &&
        listed->checksum.has_value() == info.checksum.has_value());
  if (listed->checksum)
    CHECK(listed->checksum->algorithm == info.checksum->algorithm && listed->checksum->value == info.checksum->value &&
          listed->checksum->composite == info.checksum->composite);
}

void check_model(std::string_view bytes) {
  using namespace objstore::model;
  check_row(bytes, [](auto b) { return decode_bucket("bucket", b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_object("key", b); }, kEncode);
  check_listed(bytes);
  check_row(bytes, [](auto b) { return decode_upload(b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_part(b); }, kEncode);
  check_row(bytes, [](auto b) { return decode_part_list(b); }, [](const auto& r) { return encode_part_list(r); });
  if (const auto name = parse_upload_key(bytes))
    CHECK(parse_upload_key(upload_key(0, name->key, name->upload_id))->key == name->key);
}

void check_principals(std::string_view key, std::string_view bytes) {
  using namespace objstore::auth;
  check_row(bytes, [&](auto b) { return decode_account(key, b); }, kEncode);
  check_row(bytes, [&](auto b) { return decode_user(key, b); }, kEncode);
  check_row(bytes, [&](auto b) { return decode_key(key, b); }, kEncode);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  check_storage(text);
  check_model(text);
  const std::string_view key = fuzz::take_line(text);
  check_principals(key, text);
  return 0;
}
