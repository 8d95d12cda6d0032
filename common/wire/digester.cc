#include "common/wire/digester.h"

#include <xxhash.h>

#include "common/base/check.h"
#include "common/base/digest.h"

namespace objstore::wire {
namespace {

class CryptographicDigester final : public Digester {
 public:
  explicit CryptographicDigester(DigestKind kind) : digest_(kind) {}
  void update(ByteView bytes) override { digest_.update(bytes); }
  std::string finish() override { return digest_.finish(); }

 private:
  Digest digest_;
};

template <class Canonical>
std::string raw_of(const Canonical& canonical) {
  return {reinterpret_cast<const char*>(canonical.digest), sizeof(canonical.digest)};
}

struct FreeXxh64 {
  void operator()(XXH64_state_t* state) const noexcept { XXH64_freeState(state); }
};
struct FreeXxh3 {
  void operator()(XXH3_state_t* state) const noexcept { XXH3_freeState(state); }
};

class Xxh64Digester final : public Digester {
 public:
  Xxh64Digester() : state_(XXH64_createState()) {
    CHECK(state_);
    XXH64_reset(state_.get(), 0);
  }
  void update(ByteView bytes) override { XXH64_update(state_.get(), bytes.data(), bytes.size()); }
  std::string finish() override {
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, XXH64_digest(state_.get()));
    XXH64_reset(state_.get(), 0);
    return raw_of(canonical);
  }

 private:
  std::unique_ptr<XXH64_state_t, FreeXxh64> state_;
};

// One state serves both lengths, but it is reset for one of them.
class Xxh3Digester final : public Digester {
 public:
  explicit Xxh3Digester(bool wide) : state_(XXH3_createState()), wide_(wide) {
    CHECK(state_);
    reset();
  }
  void update(ByteView bytes) override {
    if (wide_)
      XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
    else
      XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  std::string finish() override {
    const std::string raw = wide_ ? wide_raw() : narrow_raw();
    reset();
    return raw;
  }

 private:
  void reset() {
    if (wide_)
      XXH3_128bits_reset(state_.get());
    else
      XXH3_64bits_reset(state_.get());
  }
  std::string wide_raw() const {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_.get()));
    return raw_of(canonical);
  }
  std::string narrow_raw() const {
    XXH64_canonical_t canonical;
    XXH64_canonicalFromHash(&canonical, XXH3_64bits_digest(state_.get()));
    return raw_of(canonical);
  }

  std::unique_ptr<XXH3_state_t, FreeXxh3> state_;
  const bool wide_;
};

}  // namespace

std::unique_ptr<Digester> make_digester(ChecksumAlgorithm algorithm) {
  switch (algorithm) {
    case ChecksumAlgorithm::kCrc32:
    case ChecksumAlgorithm::kCrc32c:
    case ChecksumAlgorithm::kCrc64Nvme:
      return nullptr;
    case ChecksumAlgorithm::kSha1:
      return std::make_unique<CryptographicDigester>(DigestKind::kSha1);
    case ChecksumAlgorithm::kSha256:
      return std::make_unique<CryptographicDigester>(DigestKind::kSha256);
    case ChecksumAlgorithm::kSha512:
      return std::make_unique<CryptographicDigester>(DigestKind::kSha512);
    case ChecksumAlgorithm::kMd5:
      return std::make_unique<CryptographicDigester>(DigestKind::kMd5);
    case ChecksumAlgorithm::kXxhash64:
      return std::make_unique<Xxh64Digester>();
    case ChecksumAlgorithm::kXxhash3:
      return std::make_unique<Xxh3Digester>(false);
    case ChecksumAlgorithm::kXxhash128:
      return std::make_unique<Xxh3Digester>(true);
  }
  return nullptr;
}

}  // namespace objstore::wire
