#pragma once
// Every timer of the fiscalizer, with the bounds within which the rules of exactly-once.md hold.

#include "kassaflow/base/secret.hpp"
#include "kassaflow/settings/settings.hpp"

namespace kassaflow::fiscalizer {

struct FiscalizerSettings {
  std::string grpc_address = "127.0.0.1";
  std::int64_t grpc_port = 0;
  Secret postgres;
  std::string kafka;
  std::string registry_grpc;
  std::string status_grpc;
  settings::Duration itkassa_timeout{15000};
  settings::Duration itkassa_poll{3000};
  settings::Duration itkassa_query_delay{2000};
  settings::Duration itkassa_repost_grace{60000};
  settings::Duration bit_connect_timeout{5000};
  settings::Duration bit_timeout{120000};
  settings::Duration bit_quiet{150000};
  settings::Duration retry_min{5000};
  settings::Duration retry_max{300000};
  settings::Duration register_health{10000};
  settings::Duration pending_limit{24 * 3600 * 1000};
  std::int64_t refusals_before_held = 5;
  settings::Duration lease{10000};

  // How long the answer to one sending may take, over all protocols.
  [[nodiscard]] settings::Duration longest_answer() const;
  void add_to(settings::Settings& settings);
};

}  // namespace kassaflow::fiscalizer
