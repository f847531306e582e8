//! A change of status, of an order or of a return: checked before, and verified
//! after, because the API does not say what it does with numbers it does not know.

use krabice_plugin::{Failure, Fields, Outcome};

use crate::id;
use crate::status::Statuses;

#[derive(Fields)]
pub(crate) struct Changed {
    #[field(label(
        en = "Old status ID",
        cs = "ID starého stavu",
        pl = "ID starego statusu",
        pt = "ID do estado anterior"
    ))]
    old: String,
    #[field(
        label(
            en = "Old status",
            cs = "Starý stav",
            pl = "Stary status",
            pt = "Estado anterior"
        ),
        help(
            en = "Empty for a status that the account no longer has.",
            cs = "Prázdný u stavu, který už účet nemá.",
            pl = "Pusty, gdy konto nie ma już takiego statusu.",
            pt = "Vazio quando a conta já não tem esse estado."
        )
    )]
    old_name: String,
    #[field(label(
        en = "New status ID",
        cs = "ID nového stavu",
        pl = "ID nowego statusu",
        pt = "ID do novo estado"
    ))]
    new: String,
    #[field(label(
        en = "New status",
        cs = "Nový stav",
        pl = "Nowy status",
        pt = "Novo estado"
    ))]
    new_name: String,
    #[field(
        label(en = "Changed", cs = "Změněno", pl = "Zmieniono", pt = "Alterado"),
        help(
            en = "No when the status was the wanted one already, and nothing was written.",
            cs = "Ne, když byl stav takový už dřív a nic se nezapsalo.",
            pl = "Nie, gdy status był już taki i nic nie zapisano.",
            pt = "Não, quando o estado já era o pretendido e nada foi escrito."
        )
    )]
    changed: bool,
}

/// What has a status.
pub(crate) trait Holder {
    /// The number of its status; `None` on proof that it does not exist.
    fn status(&self) -> Result<Option<String>, Failure>;

    /// Sets its status by number.
    fn set(&self, status: i64) -> Result<(), Failure>;
}

/// Changes a status.
///
/// *False*: the account has no such status, the holder does not exist, or a second
/// read shows another status than the one that was set.
pub(crate) fn change(
    statuses: &Statuses,
    wanted: &str,
    holder: &impl Holder,
) -> Result<Outcome<Changed>, Failure> {
    let Some(new) = statuses.meant(wanted)? else {
        return Ok(Outcome::False);
    };
    let Some(old) = holder.status()? else {
        return Ok(Outcome::False);
    };
    let outcome = |changed| {
        Ok(Outcome::True(Changed {
            old_name: statuses.name(&old),
            old: old.clone(),
            new_name: statuses.name(&new),
            new: new.clone(),
            changed,
        }))
    };
    if old == new {
        return outcome(false);
    }
    let number = id::number(&new)
        .ok_or_else(|| Failure::unexpected_answer("the number of a status is no number"))?;
    holder.set(number)?;
    match holder.status()? {
        Some(now) if now == new => outcome(true),
        _ => Ok(Outcome::False),
    }
}
