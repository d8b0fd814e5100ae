"""The people of the tests: all invented, all at .example."""

CAMILLE_NAME = "Camille Exemple"  # asks
CAMILLE_EMAIL = "camille.exemple@etu.cesi.example"
SACHA_NAME = "Sacha Modèle"  # someone else
SACHA_EMAIL = "sacha.modele@etu.cesi.example"
DOMINIQUE_EMAIL = "dominique.temoin@cesi.example"  # the DPO
NOA_EMAIL = "noa.specimen@cesi.example"  # the deputy
OFFICER_EMAIL = "alix.figurant@cesi.example"  # an officer for one site
