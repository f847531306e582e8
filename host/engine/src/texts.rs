//! The few texts that the engine says by itself.

/// What a customer reads when a session cannot go on.
pub(crate) fn fault(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "cs" => "Omlouváme se, tady se něco pokazilo. Zkuste to prosím později.",
        "sk" => "Ospravedlňujeme sa, tu sa niečo pokazilo. Skúste to prosím neskôr.",
        "pl" => "Przepraszamy, coś poszło nie tak. Proszę spróbować później.",
        "pt" => "Desculpe, algo correu mal. Tente mais tarde, por favor.",
        _ => "We are sorry, something went wrong here. Please try again later.",
    }
}

/// What a customer reads who tried too often to name something that is not there.
pub(crate) fn too_many_tries(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "cs" => "Na to už bylo příliš mnoho pokusů. Předáváme vás člověku.",
        "sk" => "Na to už bolo priveľa pokusov. Odovzdávame vás človeku.",
        "pl" => "Było już zbyt wiele prób. Przekazujemy rozmowę człowiekowi.",
        "pt" => "Já houve demasiadas tentativas. Vamos passar a conversa a uma pessoa.",
        _ => "There have been too many attempts. We are handing you to a person.",
    }
}
