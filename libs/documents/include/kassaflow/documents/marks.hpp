#pragma once
// The one walk over messages by the marks of their fields (proto/kassaflow/v1/options.proto). It fails closed: a field
// without a mark is sent to nobody and counts as a credential; a field this program does not know goes nowhere. Pure.

#include "kassaflow/v1/options.pb.h"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::documents {

// Leaves what the service is sent.
void keep_sent_to(v1::Service service, google::protobuf::Message& message);
// Leaves what may be shown and stored in clear. Of a map that is a credential the names stay, without values.
void drop_credentials(google::protobuf::Message& message);
// Leaves only credentials. Merging them into what drop_credentials() leaves gives the whole again.
void keep_credentials(google::protobuf::Message& message);

// Somewhere in the message is a field this program does not know.
[[nodiscard]] bool has_unknown_fields(const google::protobuf::Message& message);

[[nodiscard]] inline v1::Document without_credentials(v1::Document document) {
  drop_credentials(document);
  return document;
}
[[nodiscard]] inline v1::Document only_credentials(v1::Document document) {
  keep_credentials(document);
  return document;
}

}  // namespace kassaflow::documents
