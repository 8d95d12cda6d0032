#include "common/base/body_digest.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"

namespace objstore {
namespace {

using kernels::kBlock;

}  // namespace

class BodyDigest::Engine {
 public:
  virtual ~Engine() = default;
  virtual void update(ByteView bytes) = 0;
  virtual Sha256 chunk(ByteView bytes) = 0;
  virtual bool has_steps() const noexcept = 0;
  virtual Steps in_steps(ByteView chunk) = 0;
  virtual Digests finish() = 0;
};

// By OpenSSL; and where MD5 is not wanted, whose time is what the others fit into.
class BodyDigest::PortableEngine final : public Engine {
 public:
  explicit PortableEngine(Wants wants) {
    if (includes(wants, Wants::kMd5)) md5_.emplace(DigestKind::kMd5);
    if (includes(wants, Wants::kSha256)) sha256_.emplace(DigestKind::kSha256);
  }
  void update(ByteView bytes) override {
    if (md5_) md5_->update(bytes);
    if (sha256_) sha256_->update(bytes);
  }
  Sha256 chunk(ByteView bytes) override {
    update(bytes);
    return objstore::sha256(bytes);
  }
  bool has_steps() const noexcept override { return false; }
  Steps in_steps(ByteView) override { CHECK(false); }
  Digests finish() override {
    Digests digests;
    if (md5_) std::ranges::copy(as_bytes(md5_->finish()), digests.md5.begin());
    if (sha256_) std::ranges::copy(as_bytes(sha256_->finish()), digests.sha256.begin());
    return digests;
  }

 private:
  std::optional<Digest> md5_;
  std::optional<Digest> sha256_;
};

// The body's digests are always equally far, and wait for whole blocks in `pending_`. A chunk begins anywhere in such a
// block, so its digest reads the same bytes at another offset.
class BodyDigest::StitchedEngine final : public Engine {
 public:
  explicit StitchedEngine(Wants wants) : wants_sha256_(wants == Wants::kMd5AndSha256) {}

  void update(ByteView bytes) override {
    bytes = fill_pending(bytes);
    const std::size_t blocks = bytes.size() / kBlock;
    advance(bytes.data(), blocks);
    keep(bytes.subspan(blocks * kBlock));
  }

  Sha256 chunk(ByteView bytes) override {
    const ByteView body = fill_pending(bytes);
    const std::size_t blocks = body.size() / kBlock;
    kernels::Sha256Chain chain;
    if (wants_sha256_)
      kernels::md5_sha256_sha256(md5_, sha256_, body.data(), chain, bytes.data(), blocks);
    else
      kernels::md5_sha256(md5_, body.data(), chain, bytes.data(), blocks);
    keep(body.subspan(blocks * kBlock));
    return kernels::end_sha256(chain, bytes.subspan(blocks * kBlock), bytes.size());
  }

  bool has_steps() const noexcept override { return !wants_sha256_; }
  Steps in_steps(ByteView chunk) override {
    CHECK(has_steps());
    const ByteView whole = fill_pending(chunk);
    return Steps(*this, chunk, whole, md5_);
  }
  void end_steps(const kernels::Md5Chain& md5, ByteView rest) {
    md5_ = md5;
    keep(rest);
  }

  Digests finish() override {
    const ByteView rest = ByteView(pending_).first(filled_);
    Digests digests;
    digests.md5 = kernels::end_md5(md5_, rest, length_);
    if (wants_sha256_) digests.sha256 = kernels::end_sha256(sha256_, rest, length_);
    *this = StitchedEngine(wants_sha256_ ? Wants::kMd5AndSha256 : Wants::kMd5);
    return digests;
  }

 private:
  void advance(const std::byte* data, std::size_t blocks) {
    if (wants_sha256_)
      kernels::md5_sha256(md5_, data, sha256_, data, blocks);
    else
      kernels::md5(md5_, data, blocks);
  }

  // Completes the pending block from `bytes` if it can; what is left begins a block of the body.
  ByteView fill_pending(ByteView bytes) {
    length_ += bytes.size();
    if (filled_ == 0) return bytes;
    const std::size_t taken = std::min(kBlock - filled_, bytes.size());
    std::copy_n(bytes.begin(), taken, pending_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += taken;
    if (filled_ == kBlock) {
      advance(pending_.data(), 1);
      filled_ = 0;
    }
    return bytes.subspan(taken);
  }

  // rest: less than a block. Empty when the pending block is not complete.
  void keep(ByteView rest) {
    std::ranges::copy(rest, pending_.begin() + static_cast<std::ptrdiff_t>(filled_));
    filled_ += rest.size();
  }

  bool wants_sha256_;
  kernels::Md5Chain md5_;
  kernels::Sha256Chain sha256_;
  std::array<std::byte, kBlock> pending_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

BodyDigest::Steps::Steps(StitchedEngine& engine, ByteView chunk, ByteView whole, const kernels::Md5Chain& md5) noexcept
    : engine_(&engine),
      chunk_(chunk),
      whole_(whole),
      blocks_(whole.size() / kBlock),
      lane_{md5, whole.data(), {}, chunk.data()} {}

void BodyDigest::Steps::advance(std::size_t blocks) noexcept {
  Steps* const self = this;
  advance({&self, 1}, blocks);
}

void BodyDigest::Steps::advance(std::span<Steps* const> bodies, std::size_t blocks) noexcept {
  std::array<kernels::BodyLane*, kTogetherMax> all{};
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    all[i] = &bodies[i]->lane_;
    bodies[i]->blocks_ -= blocks;
  }
  std::span<kernels::BodyLane* const> lanes(all.data(), bodies.size());
  if (lanes.size() > 1 && kernels::vectors_available()) {
    kernels::advance_by_vectors(lanes, blocks);
    return;
  }
  for (; lanes.size() > 1; lanes = lanes.subspan(2)) kernels::advance_two(*lanes[0], *lanes[1], blocks);
  if (lanes.empty()) return;
  kernels::BodyLane& lane = *lanes.front();
  kernels::md5_sha256(lane.md5, lane.md5_data, lane.sha, lane.sha_data, blocks);
  lane.md5_data += blocks * kBlock;
  lane.sha_data += blocks * kBlock;
}

Sha256 BodyDigest::Steps::finish() {
  CHECK(blocks_ == 0);
  const std::size_t done = whole_.size() / kBlock * kBlock;
  engine_->end_steps(lane_.md5, whole_.subspan(done));
  return kernels::end_sha256(lane_.sha, chunk_.subspan(done), chunk_.size());
}

BodyDigest::BodyDigest(Wants wants, Path path) {
  if (path == Path::kFastest && includes(wants, Wants::kMd5) && kernels::available())
    engine_ = std::make_unique<StitchedEngine>(wants);
  else
    engine_ = std::make_unique<PortableEngine>(wants);
}
BodyDigest::BodyDigest(BodyDigest&&) noexcept = default;
BodyDigest& BodyDigest::operator=(BodyDigest&&) noexcept = default;
BodyDigest::~BodyDigest() = default;

void BodyDigest::update(ByteView bytes) {
  engine_->update(bytes);
}
Sha256 BodyDigest::chunk(ByteView bytes) {
  return engine_->chunk(bytes);
}
bool BodyDigest::has_steps() const noexcept {
  return engine_->has_steps();
}
BodyDigest::Steps BodyDigest::in_steps(ByteView chunk) {
  return engine_->in_steps(chunk);
}
BodyDigest::Digests BodyDigest::finish() {
  return engine_->finish();
}
bool BodyDigest::is_accelerated() noexcept {
  return kernels::available();
}

}  // namespace objstore
