#include "server/model/bucket_documents.h"

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::BucketDocument;

namespace {

void make_bucket(TestStore& store, std::string_view name) {
  must(store.catalog().create_bucket(bucket_name(name), "alice", "").wait());
}

std::optional<std::string> document(TestStore& store, std::string_view bucket, BucketDocument which) {
  return must(store.catalog().get_document(must(store.catalog().get_bucket(bucket_name(bucket))), which));
}

void set(TestStore& store, std::string_view bucket, BucketDocument which, std::string content) {
  must(store.catalog().set_document(bucket_name(bucket), which, std::move(content)).wait());
}

}  // namespace

TEST_CASE("a bucket's documents are set, replaced and removed one by one, and outlive a restart") {
  TestStore store(Backing::kFiles);
  make_bucket(store, "photos");
  make_bucket(store, "videos");
  CHECK_FALSE(document(store, "photos", BucketDocument::kPolicy));
  set(store, "photos", BucketDocument::kPolicy, "first");
  set(store, "photos", BucketDocument::kPolicy, std::string("second\0", 7));
  set(store, "photos", BucketDocument::kTagging, "");
  set(store, "videos", BucketDocument::kPolicy, "another");
  store.reopen();
  CHECK(document(store, "photos", BucketDocument::kPolicy) == std::string("second\0", 7));
  CHECK(document(store, "photos", BucketDocument::kTagging) == "");
  CHECK(document(store, "videos", BucketDocument::kPolicy) == "another");
  must(store.catalog().remove_document(bucket_name("photos"), BucketDocument::kPolicy).wait());
  must(store.catalog().remove_document(bucket_name("photos"), BucketDocument::kPolicy).wait());
  store.reopen();
  CHECK_FALSE(document(store, "photos", BucketDocument::kPolicy));
  CHECK(document(store, "photos", BucketDocument::kTagging) == "");
  CHECK(document(store, "videos", BucketDocument::kPolicy) == "another");
}

TEST_CASE("a bucket takes its documents with it, and the next one of its name has none") {
  TestStore store;
  make_bucket(store, "photos");
  set(store, "photos", BucketDocument::kPolicy, "open to everybody");
  set(store, "photos", BucketDocument::kPublicAccessBlock, "x");
  const auto gone = must(store.catalog().get_bucket(bucket_name("photos")));
  must(store.catalog().delete_bucket(bucket_name("photos")).wait());
  CHECK(store.rows(storage::Table::kBucketDocuments) == 0);
  make_bucket(store, "photos");
  CHECK_FALSE(document(store, "photos", BucketDocument::kPolicy));
  CHECK_FALSE(must(store.catalog().get_document(gone, BucketDocument::kPolicy)));
}

TEST_CASE("a document of a bucket that is not there, or that is too large, is refused") {
  TestStore store;
  auto& catalog = store.catalog();
  CHECK(error_of(catalog.set_document(bucket_name("photos"), BucketDocument::kPolicy, "x").wait()) ==
        Errc::kNoSuchBucket);
  CHECK(error_of(catalog.remove_document(bucket_name("photos"), BucketDocument::kPolicy).wait()) ==
        Errc::kNoSuchBucket);
  make_bucket(store, "photos");
  set(store, "photos", BucketDocument::kPolicy, std::string(model::kBucketDocumentBytesMax, 'x'));
  CHECK(error_of(catalog
                     .set_document(bucket_name("photos"), BucketDocument::kPolicy,
                                   std::string(model::kBucketDocumentBytesMax + 1, 'y'))
                     .wait()) == Errc::kTooLarge);
  CHECK(document(store, "photos", BucketDocument::kPolicy)->front() == 'x');
}

TEST_CASE("a bucket has its first documents as soon as it is there, or is not there") {
  TestStore store(Backing::kFiles);
  const auto create = [&](std::string_view name, std::string tags) {
    model::BucketDocuments documents{{BucketDocument::kTagging, std::move(tags)}, {BucketDocument::kPolicy, "p"}};
    return store.catalog().create_bucket(bucket_name(name), "alice", "", {.documents = std::move(documents)}).wait();
  };
  must(create("photos", "t"));
  CHECK(error_of(create("videos", std::string(model::kBucketDocumentBytesMax + 1, 'x'))) == Errc::kTooLarge);
  CHECK(error_of(create("photos", "of one that exists")) == Errc::kBucketOwnedByYou);
  store.reopen();
  CHECK(document(store, "photos", BucketDocument::kTagging) == "t");
  CHECK(document(store, "photos", BucketDocument::kPolicy) == "p");
  CHECK_FALSE(document(store, "photos", BucketDocument::kOwnershipControls));
  CHECK(error_of(store.catalog().get_bucket(bucket_name("videos"))) == Errc::kNoSuchBucket);
}
