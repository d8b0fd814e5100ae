"""Words of the generated school: names with accents, cities of the controller's sites, texts, some of them hostile."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    "Camille Sacha Zoé François Łukasz Inès Théo Léa Noémie Maëlle Aurélien Chloé Anaïs Björn Jürgen Agnès Benoît Céline Élodie"
    " Émile Fatou Gaël Hélène Idriss Jérôme Kévin Loïc Maïwenn Nadège Océane Pélagie Quentin Raphaël Séverine Timothée Ulysse"
    " Valérie Wassim Xavier Yaël Ana Bilal Clément Diane Ebru Farid Grégoire Hugo Ibrahim Jade Khadija Lina Mehdi Nour Olga Paul"
    " Rose Søren Thaïs Victor"
)
LAST_NAMES = _words(
    "Exemple Modèle Lefèvre Œuvrard Nowak Żółkiewski Béranger Chrétien Dupré Étienne Forêt Gérard Hébert Islam Jégou Kœnig"
    " L'Hostis Maître N'Diaye O'Connor Pérez Quéré Röhmer Sébastien Tréguier Ümit Vasseur Weiß Ximénès Yıldız Zénon Almeida"
    " Bernard Caron Diallo Evrard Faure Garnier Hoàng Ivanova Jourdan Klein Lambert Martin Nguyễn Ollivier Petit Quintin Roux"
    " Simon Traoré Urbain Vidal Wang Yilmaz Zidane Le-Gall Saint-Martin Ben-Youssef d'Estrées"
)
# Campus (a site of the controller), its city and postal code.
CAMPUSES = tuple(
    (site, city, code)
    for site, city, code in (
        ("aix-en-provence", "Aix-en-Provence", "13100"),
        ("angouleme", "Angoulême", "16000"),
        ("arras", "Arras", "62000"),
        ("bordeaux", "Bordeaux", "33000"),
        ("brest", "Brest", "29200"),
        ("caen", "Caen", "14000"),
        ("dijon", "Dijon", "21000"),
        ("grenoble", "Grenoble", "38000"),
        ("la-rochelle", "La Rochelle", "17000"),
        ("le-mans", "Le Mans", "72000"),
        ("lille", "Lille", "59000"),
        ("lyon", "Lyon", "69002"),
        ("montpellier", "Montpellier", "34000"),
        ("nancy", "Nancy", "54000"),
        ("nantes", "Nantes", "44000"),
        ("nice", "Nice", "06000"),
        ("orleans", "Orléans", "45000"),
        ("paris", "Paris", "75015"),
        ("pau", "Pau", "64000"),
        ("reims", "Reims", "51100"),
        ("rouen", "Rouen", "76000"),
        ("saint-nazaire", "Saint-Nazaire", "44600"),
        ("strasbourg", "Strasbourg", "67000"),
        ("toulouse", "Toulouse", "31000"),
    )
)
STREETS = (
    "rue des Églantiers", "avenue de la Liberté", "boulevard Hoche", "chemin du Vieux-Chêne", "impasse de l’Écluse",
    "place d’Armes", "quai du Général-de-Gaulle", "allée des Hêtres",
)  # fmt: skip
PROGRAMMES = (
    "Ingénieur informatique", "Ingénieur BTP", "Ingénieur généraliste", "Mastère Cybersécurité", "Bachelor Ressources humaines",
    "Manager en ingénierie de la santé", "Responsable QSE",
)  # fmt: skip
DIPLOMAS = (("Diplôme d’ingénieur", "RNCP37680"), ("Mastère spécialisé", "RNCP36924"), ("Bachelor", "RNCP35594"))
COURSES = (
    "Algorithmique", "Bases de données", "Béton armé", "Droit du travail", "Électronique", "Gestion de projet", "Mathématiques",
    "Réseaux", "Sécurité des systèmes", "Thermique", "Anglais", "Éthique de l’ingénieur",
)  # fmt: skip
TEACHERS = ("Solange Étalon", "Yves Gabarit", "Hélène Patron", "Marc Épreuve", "Ingrid Maquette", "Łucja Wzór")
COMMENTS = (
    None, None, None, None, "Bon travail, régulier.", "Des progrès ; à confirmer.", "Travail d’équipe remarquable.",
    "Absent·e à l’oral.",
    "Peut mieux faire", "Très bien — félicitations du jury.",
)  # fmt: skip
SUBJECTS = (
    "Projet de groupe",
    "Rendez-vous de vendredi",
    "Notes de cours",
    "Covoiturage",
    "Stage",
    "Dossier à rendre",
    "Re: Projet de groupe",
)
BODIES = (
    "Bonjour {to}, peux-tu relire ma partie avant demain ? {other} n’a pas encore répondu. Merci, {me}",
    "Salut {to} !\nOn se retrouve à 18 h devant l’amphi avec {other}.\n{me}",
    "{to}, voici les notes de la semaine. {other} les a complétées.",
    "Est-ce que tu as le numéro de {other} ? Je ne l’ai plus. {me}",
    "Merci pour ton aide ! J’en parle à {other} et je te redis.",
    "Le compte rendu est prêt : 12 pages, « version finale ». {other} l’envoie ce soir. {me}",
)
SURVEYS = (
    ("Satisfaction", "Recommanderiez-vous la formation ?", ("Oui", "Plutôt oui", "Plutôt non", "Non", None)),
    ("Satisfaction", "Que faudrait-il améliorer ?", ("Les salles de TP", "Rien, merci !", "La cantine : trop chère", None)),
    (
        "Enquête diplômés",
        "Quelle est votre situation ?",
        ("En emploi", "En recherche", "Poursuite d’études", "Création d’entreprise"),
    ),
    ("Enquête diplômés", "Votre salaire annuel brut ?", ("32 000 €", "38 500 €", "Ne souhaite pas répondre", None)),
)
LISTS = ("Actualités", "Portes ouvertes", "Anciens élèves")
CONSENT = "J’accepte de recevoir la lettre d’information et je peux me désinscrire à tout moment."
PAGES = ("/", "/formations", "/campus", "/admissions", "/contact", "/evenements/portes-ouvertes", "/blog")
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", "Mozilla/5.0 (Linux; Android 15) Chrome/139.0 Mobile",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1",
)  # fmt: skip
SOURCES = ("salon", "site web", "parrainage", "lycée", None)
# What people, or attackers, really type: none of it may act in a spreadsheet, a page, a letter or a query.
HOSTILE = (
    "<script>alert('x')</script><img src=x onerror=alert(1)>",
    '=HYPERLINK("https://piege.example","cliquez")',
    "+33-1+1|cmd' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\u202egnp.exe\u202c texte de droite à gauche, עברית, العربية",
    "Robert'); DROP TABLE students;--",
    'des "guillemets", une \\ barre, une\ttabulation,\r\nune ligne, et {{ 7*7 }} ${7*7} %s %n',
    "👩🏽‍🎓 " + "très long " * 200,
    "\u0001\u0002 deux caractères de contrôle",
    "−12,5 ﹢ ＝1+1",
)
