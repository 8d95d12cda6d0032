// What a server, right or lying, answers to the client.
#include "client/lib/s3_documents.h"
#include "client/lib/s3_error.h"
#include "common/base/check.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::client;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto page = read_objects(text)) {
    for (const auto& entry : page->page.objects) CHECK(!entry.key.empty());
  }
  (void)read_buckets(text);
  if (const auto id = read_upload_id(text)) CHECK(!id->empty());
  (void)read_stored_result(text);
  (void)read_remove_failures(text);
  (void)is_error_document(text);
  const S3Failure failure = s3_failure(500, {}, text, "bucket/key");
  CHECK(failure.message.find_first_of("\x1b\r\n") == std::string::npos);
  (void)refuses_checksum(failure);
  (void)fits_in_xml(text);
  return 0;
}
