#include "common/wire/aws_chunked.h"

#include <catch2/catch.hpp>
#include <random>

#include "common/wire/checksum.h"
#include "tests/unit/wire/aws_chunked_fixture.h"

using namespace objstore;
using namespace objstore::wire;
using namespace objstore::wire::example;

namespace {

OutgoingRequest example_request() {
  OutgoingRequest r{.method = "PUT", .path = "/examplebucket/chunkObject.txt", .query = {}, .headers = {}};
  r.headers.add("Host", "s3.amazonaws.com");
  r.headers.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  r.headers.add("Content-Encoding", "aws-chunked");
  r.headers.add("x-amz-decoded-content-length", "66560");
  return r;
}

const Credentials kExample{
    .access_key = "AKIAIOSFODNN7EXAMPLE", .secret_key = std::string(kSecret), .session_token = {}};
const SigningOptions kWhen{.region = "us-east-1", .service = "s3", .now_ms = 1369353600000};

void check_whole(const Outcome& out) {
  CHECK(out.status);
  CHECK_FALSE(out.fault);
  CHECK(out.payload == std::string(kLength, 'a'));
}

std::string encode(AwsChunkedEncoder& encoder, std::string_view payload, std::size_t chunk, const Headers& trailers) {
  std::string out;
  for (; !payload.empty(); payload.remove_prefix(std::min(chunk, payload.size()))) {
    const std::string_view piece = payload.substr(0, chunk);
    out += encoder.chunk_header(as_bytes(piece));
    out.append(piece).append(AwsChunkedEncoder::kChunkEnd);
  }
  return out + encoder.end(trailers);
}

}  // namespace

TEST_CASE("the published seed signatures") {
  OutgoingRequest plain = example_request();
  plain.headers.add("Content-Length", "66824");
  auto chunks = sign_request(plain, kExample, kWhen, kStreamingSignedPayload);
  REQUIRE(chunks);
  CHECK(parse_authorization(*plain.headers.find("Authorization"))->signature == kSeed);
  CHECK(chunks->chunk(sha256(as_bytes(std::string(kChunk, 'a')))) ==
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");

  OutgoingRequest trailer = example_request();
  trailer.headers.add("x-amz-trailer", "x-amz-checksum-crc32c");
  REQUIRE(sign_request(trailer, kExample, kWhen, kStreamingSignedPayloadTrailer));
  CHECK(parse_authorization(*trailer.headers.find("Authorization"))->signature == kTrailerSeed);
}

TEST_CASE("the published body with signed chunks, in pieces of any size") {
  for (const std::size_t piece : {1u, 7u, 85u, 4096u, 70'000u})
    check_whole(decode(options(ChunkForm::kSigned), signed_body(), piece));
}

TEST_CASE("the published body with a signed trailer") {
  for (const std::size_t piece : {1u, 13u, 70'000u}) {
    const Outcome out = decode(options(ChunkForm::kSignedTrailer), signed_trailer_body(), piece);
    check_whole(out);
    CHECK(out.trailers.find("x-amz-checksum-crc32c") == "sOO8/Q==");
    CHECK(out.trailers.size() == 1);
  }
}

TEST_CASE("a trailer that ends with LF and then CR LF is read as clients mean it") {
  for (const std::size_t piece : {1u, 70'000u}) {
    check_whole(decode(options(ChunkForm::kSignedTrailer), signed_trailer_body("\n\r\n"), piece));
    check_whole(decode(options(ChunkForm::kUnsignedTrailer), unsigned_trailer_body("\n\r\n"), piece));
    check_whole(decode(options(ChunkForm::kUnsignedTrailer), unsigned_trailer_body("\n\r\n\r\n"), piece));
  }
  CHECK(decode(options(ChunkForm::kUnsignedTrailer), unsigned_trailer_body("\n\r\n\r"), 70'000).fault ==
        ChunkFault::kIncompleteBody);
}

TEST_CASE("unsigned chunks with a trailer") {
  const Outcome out = decode(options(ChunkForm::kUnsignedTrailer), unsigned_trailer_body());
  check_whole(out);
  CHECK(out.trailers.find("X-Amz-Checksum-Crc32c") == "sOO8/Q==");
}

TEST_CASE("an empty body") {
  AwsChunkedDecoder::Options o;
  CHECK(decode(std::move(o), "0\r\n\r\n").status);
  AwsChunkedEncoder encoder(ChunkForm::kSigned, signer(kSeed));
  AwsChunkedDecoder::Options empty = options(ChunkForm::kSigned);
  empty.decoded_length = 0;
  CHECK(decode(std::move(empty), encoder.end({})).status);
}

TEST_CASE("the encoder writes the published bodies") {
  Headers trailers;
  const std::string payload(kLength, 'a');
  AwsChunkedEncoder plain(ChunkForm::kSigned, signer(kSeed));
  CHECK(encode(plain, payload, kChunk, trailers) == signed_body());
  trailers.add("x-amz-checksum-crc32c", "sOO8/Q==");
  AwsChunkedEncoder with_trailer(ChunkForm::kSignedTrailer, signer(kTrailerSeed));
  CHECK(encode(with_trailer, payload, kChunk, trailers) == signed_trailer_body());
  AwsChunkedEncoder no_signature(ChunkForm::kUnsignedTrailer);
  CHECK(encode(no_signature, payload, kChunk, trailers) == unsigned_trailer_body());
}

TEST_CASE("the encoded length is known beforehand") {
  const std::size_t trailer_bytes = std::string_view("x-amz-checksum-crc32csOO8/Q==").size();
  CHECK(AwsChunkedEncoder::encoded_length(ChunkForm::kSigned, kLength, kChunk, 0, 0) == 66824);
  CHECK(AwsChunkedEncoder::encoded_length(ChunkForm::kSignedTrailer, kLength, kChunk, 1, trailer_bytes) ==
        signed_trailer_body().size());
  CHECK(AwsChunkedEncoder::encoded_length(ChunkForm::kUnsignedTrailer, kLength, kChunk, 1, trailer_bytes) ==
        unsigned_trailer_body().size());
  CHECK(AwsChunkedEncoder::encoded_length(ChunkForm::kUnsignedTrailer, 0, kChunk, 0, 0) == 5);
}

TEST_CASE("what the encoder frames, the decoder unframes, for random sizes and pieces") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 30; ++round) {
    std::string payload(random() % 60'000, '\0');
    for (char& c : payload) c = static_cast<char>(random());
    const auto form = static_cast<ChunkForm>(random() % 3);
    AwsChunkedDecoder::Options o = options(form);
    o.decoded_length = payload.size();
    AwsChunkedEncoder encoder(form, o.signer);
    Headers trailers;
    for (const std::string& name : o.trailers) trailers.add(name, "v");
    const std::size_t chunk = 8192 + random() % 9000;
    const std::string body = encode(encoder, payload, chunk, trailers);
    const Outcome out = decode(std::move(o), body, 1 + random() % 5000);
    CHECK(out.status);
    CHECK(out.payload == payload);
  }
}

TEST_CASE("the names in x-amz-trailer") {
  CHECK(parse_trailer_names("x-amz-checksum-crc32") == std::vector<std::string>{"x-amz-checksum-crc32"});
  CHECK(parse_trailer_names(" X-A , x-b") == std::vector<std::string>{"x-a", "x-b"});
  for (const std::string_view bad : {"", ",", "a,", "a,A"})
    CHECK(parse_trailer_names(bad).error().code == Errc::kMalformed);
}
