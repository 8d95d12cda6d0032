#include "common/base/digest.h"

#include <catch2/catch.hpp>
#include <string>

using namespace objstore;

namespace {
std::string hex_of(DigestKind kind, std::string_view text) {
  Digest digest(kind);
  digest.update(as_bytes(text));
  return to_hex(as_bytes(digest.finish()));
}
}  // namespace

TEST_CASE("digests give the published values of abc") {
  CHECK(hex_of(DigestKind::kMd5, "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hex_of(DigestKind::kSha1, "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex_of(DigestKind::kSha256, "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex_of(DigestKind::kSha512, "abc").starts_with("ddaf35a193617abacc417349ae204131"));
  CHECK(to_hex(sha256(as_bytes("abc"))) == hex_of(DigestKind::kSha256, "abc"));
  CHECK(to_hex(md5({})) == "d41d8cd98f00b204e9800998ecf8427e");
}

TEST_CASE("a digest starts anew after finish, and may be moved while it runs") {
  Digest digest(DigestKind::kSha256);
  digest.update(as_bytes("a"));
  Digest moved = std::move(digest);
  moved.update(as_bytes("bc"));
  const std::string first = moved.finish();
  CHECK(first == std::string(as_text(sha256(as_bytes("abc")))));
  moved.update(as_bytes("abc"));
  CHECK(moved.finish() == first);
}

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231") {
  const std::string key1(20, '\x0b');
  CHECK(to_hex(hmac_sha256(as_bytes(key1), as_bytes("Hi There"))) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string long_key(131, '\xaa');
  CHECK(to_hex(hmac_sha256(as_bytes(long_key), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("comparison in constant time compares") {
  CHECK(equal_constant_time(as_bytes("abc"), as_bytes("abc")));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_constant_time(as_bytes("abc"), as_bytes("ab")));
  CHECK(equal_constant_time({}, {}));
}

TEST_CASE("random bytes differ") {
  CHECK(random_u64() != random_u64());
  std::string a(1000, '\0');
  fill_random(std::as_writable_bytes(std::span(a)));
  CHECK(a != std::string(1000, '\0'));
}

TEST_CASE("the short way to SHA-256 and HMAC gives OpenSSL's values for every length around the blocks' borders") {
  std::string text;
  for (int length = 0; length < 200; ++length) {
    CHECK(to_hex(sha256(as_bytes(text))) == hex_of(DigestKind::kSha256, text));
    const std::string key = text.substr(0, 150);
    std::string padded = key.size() > 64 ? std::string(as_text(sha256(as_bytes(key)))) : key;
    padded.resize(64, '\0');
    std::string outer = padded;
    for (char& c : padded) c = static_cast<char>(c ^ 0x36);
    for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
    const std::string inner = hex_of(DigestKind::kSha256, padded + text);
    CHECK(to_hex(hmac_sha256(as_bytes(key), as_bytes(text))) == hex_of(DigestKind::kSha256, outer + *from_hex(inner)));
    text.push_back(static_cast<char>(length * 7));
  }
}
