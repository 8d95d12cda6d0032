#include "common/base/buffer.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <utility>

using namespace objstore;

TEST_CASE("a pool gives aligned buffers of its capacity, rounded up") {
  BufferPool pool(5000, 2);
  CHECK(pool.capacity() == 8192);
  Buffer buffer = pool.acquire();
  CHECK(buffer.capacity() == 8192);
  CHECK(buffer.empty());
  CHECK(reinterpret_cast<std::uintptr_t>(buffer.storage().data()) % 4096 == 0);
}

TEST_CASE("a window says which bytes count") {
  BufferPool pool(4096, 1);
  Buffer buffer = pool.acquire();
  std::memcpy(buffer.storage().data(), "hello", 5);
  buffer.set_window(1, 3);
  CHECK(as_text(buffer.view()) == "ell");
  Buffer moved = std::move(buffer);
  CHECK(as_text(moved.view()) == "ell");
  CHECK(buffer.capacity() == 0);  // NOLINT: a moved-from Buffer is an empty one
}

TEST_CASE("buffers are used again, up to the number kept") {
  BufferPool pool(4096, 1);
  Buffer first = pool.acquire();
  Buffer second = pool.acquire();
  const void* kept = first.storage().data();
  first = Buffer();
  second = Buffer();  // freed: one is kept already
  CHECK(pool.acquire().storage().data() == kept);
}

TEST_CASE("assignment gives the old buffer back") {
  BufferPool pool(4096, 4);
  Buffer a = pool.acquire();
  const void* old = a.storage().data();
  a = pool.acquire();
  CHECK(pool.acquire().storage().data() == old);
}
