#pragma once
// Every timer of the fiscalizer, with the bounds within which the rules of exactly-once.md hold.

#include "kassaflow/base/secret.hpp"
#include "kassaflow/runtime/settings.hpp"

namespace kassaflow::fiscalizer {

struct FiscalizerSettings {
  std::string grpc_address = "127.0.0.1";
  std::int64_t grpc_port = 0;
  Secret postgres;
  std::string kafka;
  std::string registry_grpc;
  runtime::Duration itkassa_timeout{15000};
  runtime::Duration itkassa_poll{3000};
  runtime::Duration itkassa_query_delay{2000};
  runtime::Duration itkassa_repost_grace{60000};
  runtime::Duration bit_connect_timeout{5000};
  runtime::Duration bit_timeout{120000};
  runtime::Duration bit_quiet{150000};
  runtime::Duration retry_min{5000};
  runtime::Duration retry_max{300000};
  runtime::Duration register_health{10000};
  runtime::Duration pending_limit{24 * 3600 * 1000};
  std::int64_t refusals_before_held = 5;
  runtime::Duration lease{10000};

  void add_to(runtime::Settings& settings);
};

}  // namespace kassaflow::fiscalizer
