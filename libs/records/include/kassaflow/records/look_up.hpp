#pragma once
// What ingress asks of status for every post, many in one question: LookUpRequest and LookUpResponse of
// proto/kassaflow/v1/status.proto over HTTP: several hundred times a second gRPC's own work in both processes was the
// larger part of it.

namespace kassaflow::records {

inline constexpr const char* kLookUpPath = "/look-up";  // POST, on a port of its own, for ingress alone
inline constexpr const char* kProtobuf = "application/x-protobuf";
inline constexpr int kLookUpLimit = 1000;  // receipts in one question

}  // namespace kassaflow::records
