#include "common/wire/encoded_word.h"

#include <catch2/catch.hpp>

using namespace objstore::wire;

TEST_CASE("UTF-8 beyond ASCII becomes encoded words") {
  CHECK(encode_words("\xC3\x84M\xC3\x84Z\xC3\x95\xC3\x91 S3") == "=?UTF-8?B?w4RNw4Raw5XDkSBTMw==?=");
}

TEST_CASE("ASCII, and what is no UTF-8, stays as it is") {
  CHECK(encode_words("").empty());
  CHECK(encode_words("=?UTF-8?B?w4Q=?=") == "=?UTF-8?B?w4Q=?=");
  CHECK(encode_words("h\xE9llo") == "h\xE9llo");
}

TEST_CASE("a long text becomes several words, none of them above 75 characters, cut between characters") {
  std::string text;
  for (int i = 0; i < 50; ++i) text += "\xE6\x97\xA5";
  const std::string words = encode_words(text);
  std::size_t count = 0;
  for (std::size_t at = 0; at < words.size(); ++count) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    CHECK(end - at <= 75);
    CHECK(words.substr(at, 10) == "=?UTF-8?B?");
    at = end + 1;
  }
  CHECK(count == 4);
}
