#include "server/model/listed_row.h"

#include <catch2/catch.hpp>
#include <memory_resource>

#include "server/model/model_rows.h"

using namespace objstore;
using namespace objstore::model;

namespace {

ObjectRow full_row() {
  ObjectRow row;
  row.info.size = 123'456'789'012;
  row.info.modified_ms = 1'700'000'000'123;
  row.info.etag = "0123456789abcdef0123456789abcdef-7";
  row.info.owner_account = "111111111111";
  row.info.attributes.content_type = "text/plain";
  row.info.attributes.user_metadata = {{"a", "b"}};
  row.info.attributes.storage_class = "STANDARD";
  row.info.checksum = StoredChecksum{"CRC64NVME", "AAAAAAAAAAA=", true};
  return row;
}

}  // namespace

TEST_CASE("a listing finds in a row what everybody else does") {
  std::pmr::monotonic_buffer_resource texts;
  const ObjectRow row = full_row();
  const auto listed = decode_listed("key", encode(row), texts);
  REQUIRE(listed);
  CHECK(listed->key == "key");
  CHECK_FALSE(listed->delete_marker);
  CHECK(listed->size == row.info.size);
  CHECK(listed->modified_ms == row.info.modified_ms);
  CHECK(listed->etag == row.info.etag);
  CHECK(listed->owner_account == row.info.owner_account);
  CHECK(listed->storage_class == "STANDARD");
  REQUIRE(listed->checksum);
  CHECK(listed->checksum->algorithm == "CRC64NVME");
  CHECK(listed->checksum->value == "AAAAAAAAAAA=");
  CHECK(listed->checksum->composite);

  ObjectRow marker;
  marker.info.delete_marker = true;
  marker.info.modified_ms = -5;
  const auto hidden = decode_listed("", encode(marker), texts);
  REQUIRE(hidden);
  CHECK(hidden->delete_marker);
  CHECK(hidden->modified_ms == -5);
  CHECK_FALSE(hidden->checksum);
}

TEST_CASE("a row that ends early is either the same to everybody or corrupt to a listing, too") {
  std::pmr::monotonic_buffer_resource texts;
  const std::string bytes = encode(full_row());
  std::size_t corrupt = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto row = decode_object("key", bytes.substr(0, length));
    const auto listed = decode_listed("key", bytes.substr(0, length), texts);
    if (!listed) {
      CHECK(listed.error().code == Errc::kCorrupt);
      ++corrupt;
    } else if (row) {
      CHECK(listed->size == row->info.size);
      CHECK(listed->etag == row->info.etag);
    }
    if (row) CHECK(listed);
  }
  CHECK(corrupt > bytes.size() / 2);
}
