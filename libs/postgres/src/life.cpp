#include "kassaflow/postgres/life.hpp"

#include <pqxx/pqxx>

namespace kassaflow::postgres {

std::string life(pqxx::transaction_base& session, const std::string& table) {
  return session
      .exec_params1(
          "select system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || "
          "extract(epoch from pg_postmaster_start_time()) || '/' || pg_relation_filenode($1::regclass) "
          "from pg_control_system()",
          table)[0]
      .as<std::string>();
}

}  // namespace kassaflow::postgres
