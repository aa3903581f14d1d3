//! What a node must refuse, and as cheaply as it can.

/// Flips a bit of the signature, which is the last thing in a transaction: it stays well-formed and must be verified.
pub(super) fn break_signature(tx: &mut [u8]) {
    if let Some(last) = tx.last_mut() {
        *last ^= 1;
    }
}
