#pragma once
// The journal's transactions. Each function is the body of one transaction and runs on a pool thread.

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "journal.hpp"

namespace kassaflow::fiscalizer::sql {

// Per attempt: its id, or 0 when the receipt, the register or the shard is not free as thought.
std::vector<std::int64_t> open_attempts(pqxx::work& work, const std::string& worker,
                                        const std::vector<NewAttempt>& batch);

std::vector<Settled> settle(pqxx::work& work, const std::string& worker, const std::vector<Told>& batch);

bool allow_resend(pqxx::work& work, const std::string& worker, std::int64_t attempt, int shard, std::int64_t epoch);
bool refuse(pqxx::work& work, const std::string& worker, const Queued& receipt, int shard, std::int64_t epoch,
            const std::string& error);
RegisterMemory remember(pqxx::work& work, const std::string& identity);
std::vector<Queued> queue(pqxx::work& work, const std::vector<std::string>& pools, int per_pool);
std::vector<Told> undecided(pqxx::work& work, const std::vector<int>& shards);
std::vector<Journal::Callback> callbacks(pqxx::work& work, const std::vector<int>& shards);
std::vector<Attempt> unsettled(pqxx::work& work, const std::string& register_id);

}  // namespace kassaflow::fiscalizer::sql
