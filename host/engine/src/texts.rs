//! The texts of the engine itself.

/// The text for the customer if a session cannot continue.
pub(crate) fn fault(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "cs" => "Omlouváme se, tady se něco pokazilo. Zkuste to prosím později.",
        "sk" => "Ospravedlňujeme sa, tu sa niečo pokazilo. Skúste to prosím neskôr.",
        "pl" => "Przepraszamy, coś poszło nie tak. Proszę spróbować później.",
        "pt" => "Desculpe, algo correu mal. Tente mais tarde, por favor.",
        _ => "We are sorry, something went wrong here. Please try again later.",
    }
}

/// The text for a customer who made too many failed attempts, for example to name an order.
pub(crate) fn too_many_tries(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "cs" => "Na to už bylo příliš mnoho pokusů. Předáváme vás člověku.",
        "sk" => "Na to už bolo priveľa pokusov. Odovzdávame vás človeku.",
        "pl" => "Było już zbyt wiele prób. Przekazujemy rozmowę człowiekowi.",
        "pt" => "Já houve demasiadas tentativas. Vamos passar a conversa a uma pessoa.",
        _ => "There have been too many attempts. We are handing you to a person.",
    }
}
