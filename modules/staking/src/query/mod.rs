//! Queries of `cosmos.staking.v1beta1.Query`, in the words of the Cosmos SDK's refusals.

mod delegations;
mod leaving;
mod set;
mod validators;

use agora_framework::{QueryError, Registry};
use agora_primitives::Address;

use crate::wire;

pub(crate) fn register(registry: &mut Registry) {
    registry.query("/cosmos.staking.v1beta1.Query/Validators", validators::validators);
    registry.query("/cosmos.staking.v1beta1.Query/Validator", validators::validator);
    registry.query("/cosmos.staking.v1beta1.Query/DelegatorValidators", validators::of_delegator);
    registry.query("/cosmos.staking.v1beta1.Query/DelegatorValidator", validators::one_of_delegator);
    registry.query("/cosmos.staking.v1beta1.Query/Delegation", delegations::delegation);
    registry.query("/cosmos.staking.v1beta1.Query/ValidatorDelegations", delegations::of_validator);
    registry.query("/cosmos.staking.v1beta1.Query/DelegatorDelegations", delegations::of_delegator);
    registry.query("/cosmos.staking.v1beta1.Query/UnbondingDelegation", leaving::unbonding);
    registry.query("/cosmos.staking.v1beta1.Query/ValidatorUnbondingDelegations", leaving::from_validator);
    registry.query("/cosmos.staking.v1beta1.Query/DelegatorUnbondingDelegations", leaving::to_delegator);
    registry.query("/cosmos.staking.v1beta1.Query/Redelegations", leaving::redelegations);
    registry.query("/cosmos.staking.v1beta1.Query/HistoricalInfo", set::historical_info);
    registry.query("/cosmos.staking.v1beta1.Query/Pool", set::pool);
    registry.query("/cosmos.staking.v1beta1.Query/Params", set::params);
    registry.query("/agora.staking.v1.Query/Concentration", set::concentration);
}

fn account(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("delegator address cannot be empty"));
    }
    Ok(text.parse()?)
}

fn operator(text: &str) -> Result<Address, QueryError> {
    if text.is_empty() {
        return Err(QueryError::invalid("validator address cannot be empty"));
    }
    Ok(wire::operator(text)?)
}
