// The operations, by family. Each gets an identified and authorised call, whose bucket exists unless it is to be
// created, and answers at once, by a document or by a sink. Any thread.
#pragma once

#include "server/api/s3/call.h"

namespace objstore::s3 {

using Answer = Outcome<api::Exchange>;

// buckets.cc
Answer list_buckets(CallPtr call);
Answer create_bucket(CallPtr call);
Answer head_bucket(CallPtr call);
Answer delete_bucket(CallPtr call);
// bucket_configurations.cc: what a bucket answers about features that it does not have.
Answer get_bucket_configuration(CallPtr call);
// bucket_policy.cc
Answer get_bucket_policy(const CallPtr& call);
Answer put_bucket_policy(CallPtr call);
Answer get_bucket_policy_status(const CallPtr& call);
Answer get_public_access_block(const CallPtr& call);
Answer put_public_access_block(CallPtr call);
Answer get_bucket_ownership_controls(const CallPtr& call);
Answer put_bucket_ownership_controls(CallPtr call);
Answer delete_bucket_document(CallPtr call, model::BucketDocument document);
// versioning.cc
Answer get_bucket_versioning(const CallPtr& call);
Answer put_bucket_versioning(CallPtr call);
// acl.cc: of a bucket, or of an object
Answer get_acl(CallPtr call);
Answer put_acl(CallPtr call);
// list.cc
Answer list_objects(CallPtr call);
Answer list_objects_v2(CallPtr call);
// list_versions.cc
Answer list_object_versions(const CallPtr& call);
// objects_get.cc
Answer get_object(CallPtr call);  // also HeadObject
// object_attributes.cc
Answer get_object_attributes(const CallPtr& call);
// tagging.cc
Answer get_bucket_tagging(const CallPtr& call);
Answer put_bucket_tagging(CallPtr call);
Answer delete_bucket_tagging(CallPtr call);
Answer get_object_tagging(const CallPtr& call);
Answer put_object_tagging(CallPtr call);
Answer delete_object_tagging(CallPtr call);
// objects_put.cc
Answer put_object(CallPtr call);
// delta.cc
Answer get_object_signature(const CallPtr& call);
Answer put_object_delta(CallPtr call);
// delete.cc
Answer delete_object(CallPtr call);
Answer delete_objects(CallPtr call);
// copy.cc
Answer copy_object(CallPtr call);
Answer upload_part_copy(CallPtr call);
// multipart.cc
Answer create_multipart_upload(CallPtr call);
Answer upload_part(CallPtr call);
Answer complete_multipart_upload(CallPtr call);
Answer abort_multipart_upload(CallPtr call);
// multipart_list.cc
Answer list_parts(CallPtr call);
Answer list_multipart_uploads(CallPtr call);

}  // namespace objstore::s3
