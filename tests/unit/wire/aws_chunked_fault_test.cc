// The table of aws-chunked abuse cases: each gives its fault, and says so again when asked again.
#include <catch2/catch.hpp>

#include "common/wire/aws_chunked.h"
#include "tests/unit/wire/aws_chunked_fixture.h"

using namespace objstore;
using namespace objstore::wire;
using namespace objstore::wire::example;

namespace {

std::string replaced(std::string body, std::string_view what, std::string_view with) {
  const std::size_t at = body.find(what);
  REQUIRE(at != std::string::npos);
  return body.replace(at, what.size(), with);
}

std::optional<ChunkFault> signed_fault(std::string_view body) {
  return decode(options(ChunkForm::kSigned), body).fault;
}
std::optional<ChunkFault> trailer_fault(std::string_view body) {
  return decode(options(ChunkForm::kSignedTrailer), body).fault;
}
std::optional<ChunkFault> unsigned_fault(std::string_view body) {
  return decode(options(ChunkForm::kUnsignedTrailer), body).fault;
}

std::string small_chunks(std::size_t first) {
  AwsChunkedEncoder encoder(ChunkForm::kSigned, signer(kSeed));
  std::string out;
  for (const std::size_t size : {first, kLength - first}) {
    const std::string data(size, 'a');
    out += encoder.chunk_header(as_bytes(data)) + data + "\r\n";
  }
  return out + encoder.end({});
}

}  // namespace

TEST_CASE("a wrong chunk signature, first, middle and last") {
  const std::string body = signed_body();
  for (const std::string_view signature : {"ad80c7", "005562", "b6c6ea"}) {
    const Outcome out = decode(options(ChunkForm::kSigned), replaced(body, signature, "abcdef"));
    CHECK(out.fault == ChunkFault::kSignatureMismatch);
    CHECK(out.status.error().code == Errc::kSignatureMismatch);
  }
}

TEST_CASE("changed, removed and replayed chunks do not verify") {
  std::string changed = signed_body();
  changed[5000] = 'b';
  CHECK(signed_fault(changed) == ChunkFault::kSignatureMismatch);
  const std::string body = signed_body();
  const std::size_t second = body.find("400;");
  const std::size_t last = body.find("\r\n0;") + 2;
  CHECK(signed_fault(body.substr(second)) == ChunkFault::kSignatureMismatch);
  CHECK(signed_fault(body.substr(0, second) + body.substr(last)) == ChunkFault::kSignatureMismatch);
  AwsChunkedDecoder::Options other = options(ChunkForm::kSigned);
  other.signer = signer(kTrailerSeed);
  CHECK(decode(std::move(other), body).fault == ChunkFault::kSignatureMismatch);
}

TEST_CASE("a body that ends early is incomplete, wherever it ends") {
  for (const ChunkForm form : {ChunkForm::kSigned, ChunkForm::kSignedTrailer, ChunkForm::kUnsignedTrailer}) {
    const std::string body = form == ChunkForm::kSigned          ? signed_body()
                             : form == ChunkForm::kSignedTrailer ? signed_trailer_body()
                                                                 : unsigned_trailer_body();
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{50}, std::size_t{90}, std::size_t{5000},
                                   std::size_t{65600}, body.size() - 70, body.size() - 2, body.size() - 1}) {
      const Outcome out = decode(options(form), body.substr(0, size));
      CHECK(out.fault == ChunkFault::kIncompleteBody);
      CHECK(out.status.error().code == Errc::kIncompleteBody);
    }
  }
}

TEST_CASE("another length than announced") {
  for (const ChunkForm form : {ChunkForm::kSigned, ChunkForm::kUnsignedTrailer}) {
    const std::string body = form == ChunkForm::kSigned ? signed_body() : unsigned_trailer_body();
    for (const std::uint64_t length : {std::uint64_t{0}, std::uint64_t{kLength - 1}, std::uint64_t{kLength + 1}}) {
      AwsChunkedDecoder::Options o = options(form);
      o.decoded_length = length;
      CHECK(decode(std::move(o), body).fault == ChunkFault::kIncompleteBody);
    }
  }
}

TEST_CASE("a signed chunk below 8,192 bytes is the last one") {
  CHECK(signed_fault(small_chunks(8191)) == ChunkFault::kChunkTooSmall);
  CHECK(decode(options(ChunkForm::kSigned), small_chunks(8191)).status.error().code == Errc::kTooSmall);
  CHECK(signed_fault(small_chunks(8192)) == std::nullopt);
  CHECK(unsigned_fault(replaced(unsigned_trailer_body(), "10000\r\na", "1\r\na\r\nffff\r\n")) == std::nullopt);
}

TEST_CASE("malformed framing is an incomplete body") {
  const std::string body = signed_body();
  for (const auto& [what, with] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"10000;", "1000g;"},
           {"10000;", ";"},
           {"10000;", "0x10000;"},
           {"10000;", " 10000;"},
           {"10000;", "-10000;"},
           {"10000;", "10000:"},
           {"10000;", "10000 ;"},
           {"10000;", "8000000000000000;"},
           {"10000;", "ffffffffffffffff;"},
           {"10000;", "10000000000000000;"},
           {"10000;", "100000000000010000;"},
           {";chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", ""},
           {"chunk-signature=ad80", "chunk-signature=ad8"},
           {"chunk-signature=ad80", "chunk-signature=ad800"},
           {"chunk-signature=ad80", "chunk-signature=gd80"},
           {"chunk-signature=ad80", "Chunk-Signature=ad80"},
           {"8648\r\n", "8648\n"},
           {"8648\r\n", "8648;x=y\r\n"},
           {"\r\n400;", "400;"},
           {"\r\n400;", "\n400;"},
           {"\r\n400;", "\r400;"}}) {
    INFO(what << " -> " << with);
    CHECK(signed_fault(replaced(body, what, with)) == ChunkFault::kIncompleteBody);
  }
  CHECK(unsigned_fault(replaced(unsigned_trailer_body(), "10000\r\n", "10000;a=b\r\n")) == ChunkFault::kIncompleteBody);
}

TEST_CASE("a chunk header has an end") {
  const std::string endless(2000, '0');
  CHECK(signed_fault(endless) == ChunkFault::kIncompleteBody);
  CHECK(unsigned_fault(endless + "\r\n") == ChunkFault::kIncompleteBody);
  AwsChunkedDecoder decoder(options(ChunkForm::kSigned));
  const auto sink = [](ByteView) -> Status { return {}; };
  CHECK(decoder.feed(as_bytes(std::string(AwsChunkedDecoder::kHeaderBytesMax, '0')), sink));
  CHECK_FALSE(decoder.feed(as_bytes("0"), sink));
  CHECK_FALSE(decoder.feed(as_bytes("0"), sink));
  CHECK_FALSE(decoder.finish());
}

TEST_CASE("data after the end is an incomplete body") {
  CHECK(signed_fault(signed_body() + "x") == ChunkFault::kIncompleteBody);
  CHECK(signed_fault(signed_body() + "\r\n") == ChunkFault::kIncompleteBody);
  CHECK(trailer_fault(signed_trailer_body() + "\r\n") == ChunkFault::kIncompleteBody);
  CHECK(unsigned_fault(unsigned_trailer_body() + "0\r\n\r\n") == ChunkFault::kIncompleteBody);
}

TEST_CASE("trailers are those that were announced") {
  const std::string body = unsigned_trailer_body();
  const std::string_view line = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
  for (const std::string_view with :
       {"", ":sOO8/Q==\r\n", "x-amz-checksum-crc32:sOO8/Q==\r\n", "x-amz-checksum-crc32c\r\n",
        "x-amz-checksum-crc32c:a\r\nx-amz-checksum-crc32c:a\r\n", "x-amz-checksum-crc32c:sOO8/Q==\r\nx-other:1\r\n",
        "x-amz-checksum-crc32c:a\r\nx-amz-trailer-signature:a\r\n", "\n"}) {
    INFO(with);
    const Outcome out = decode(options(ChunkForm::kUnsignedTrailer), replaced(body, line, with));
    CHECK(out.fault == ChunkFault::kMalformedTrailer);
    CHECK(out.status.error().code == Errc::kMalformed);
  }
  AwsChunkedDecoder::Options none = options(ChunkForm::kUnsignedTrailer);
  none.trailers.clear();
  CHECK(decode(std::move(none), body).fault == ChunkFault::kMalformedTrailer);
  CHECK(unsigned_fault(replaced(body, "sOO8/Q==", std::string(5000, 'x'))) == ChunkFault::kMalformedTrailer);
}

TEST_CASE("a signed trailer needs its signature") {
  const std::string body = signed_trailer_body();
  CHECK(trailer_fault(replaced(body, "d81f82", "abcdef")) == ChunkFault::kSignatureMismatch);
  CHECK(trailer_fault(replaced(body, "sOO8/Q==", "AAAAAA==")) == ChunkFault::kSignatureMismatch);
  const std::size_t at = body.find("x-amz-trailer-signature");
  CHECK(trailer_fault(body.substr(0, at) + "\r\n") == ChunkFault::kSignatureMismatch);
  CHECK(trailer_fault(replaced(body, "d81f82fc", "")) == ChunkFault::kSignatureMismatch);
  CHECK(trailer_fault(replaced(body, "x-amz-checksum-crc32c:sOO8/Q==\r\n", "")) == ChunkFault::kSignatureMismatch);
  const std::string twice = body.substr(0, body.size() - 2) + body.substr(at);
  CHECK(trailer_fault(twice) == ChunkFault::kMalformedTrailer);
}

TEST_CASE("the sink's error comes back as it is, without a fault") {
  AwsChunkedDecoder decoder(options(ChunkForm::kUnsignedTrailer));
  const auto full = [](ByteView) -> Status { return fail(Errc::kNoSpace, "full"); };
  const Status status = decoder.feed(as_bytes("10000\r\naaa"), full);
  REQUIRE_FALSE(status);
  CHECK(status.error().code == Errc::kNoSpace);
  CHECK_FALSE(decoder.fault());
  CHECK(decoder.finish().error().code == Errc::kNoSpace);
}
