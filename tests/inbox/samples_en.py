"""Twenty-two mails in English, as people write them."""

from __future__ import annotations

from dsar.domain.vocabulary import RequestType as Right
from tests.inbox.samples_fr import Asked

ASKED = [
    Asked(
        "Camille Example",
        "Subject access request",
        "Dear Sir or Madam,\n\nUnder Article 15 GDPR please send me a copy of all personal data you hold about me, "
        "and tell me who "
        "you have shared it with.\n\nYours faithfully\nCamille Example",
        (Right.ACCESS,),
    ),
    Asked(
        "Robin Sample",
        "close my account",
        "Hi, I left in 2019. Please delete my account and erase everything you have on me. Thanks, Robin",
        (Right.ERASURE,),
    ),
    Asked(
        "",
        "unsubscribe",
        "Take me off your mailing list. I never signed up for this.",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Alex Specimen",
        "Wrong date of birth",
        "Hello,\nmy date of birth is wrong on the transcript: it says 1998, it should be 1989. Could you please "
        "correct it?\nAlex",
        (Right.RECTIFICATION,),
    ),
    Asked(
        "Pat Template",
        "my data",
        "Hello,\n\nWhat information do you have about me? After you have sent it to me I would like all of it to "
        "be deleted.\n\n"
        "On Mon, 2 Mar 2026 at 10:00, CESI <news@cesi.example> wrote:\n> If you no longer want our offers, "
        "unsubscribe here.\n",
        (Right.ACCESS, Right.ERASURE),
    ),
    Asked(
        "Max Double",
        "Moving to another school",
        "I am moving to another university. Please provide my records in a machine-readable format, or transfer "
        "them directly to "
        "admissions@other.example.",
        (Right.PORTABILITY,),
    ),
    Asked(
        "Jamie Pattern",
        "Photo consent",
        "I withdraw my consent to the use of my picture in your brochures, with immediate effect.",
        (Right.WITHDRAWAL,),
    ),
    Asked(
        "Chris Mould",
        "Article 18",
        "I dispute the attendance record. Please restrict the processing of these data until you have checked them.",
        (Right.RESTRICTION,),
    ),
    Asked(
        "Dana Prototype",
        "alumni directory",
        "For reasons to do with my personal situation I object to my career being published in your alumni directory.",
        (Right.OBJECTION,),
    ),
    Asked(
        "",
        "hi",
        "hi im 15 and want to know what u have saved about me on ur computers pls",
        (Right.ACCESS,),
    ),
    Asked(
        "Jordan Example",
        "My son's file",
        "Dear school,\nI am the father of Camille (14). I would like to see his file and get a copy of everything "
        "you hold on him.\n"
        "Kind regards",
        (Right.ACCESS,),
    ),
    Asked(
        "Andy Cutter",
        "Marketing calls",
        "Stop calling me about your open days. I do not want to receive any more advertising from you by phone or e-mail.",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Morgan Trace",
        "Right to be forgotten",
        "I was thirteen when I signed up. I want to be forgotten, please remove my profile and all of my posts.",
        (Right.ERASURE,),
    ),
    Asked(
        "Model & Co Solicitors",
        "Our client Mr Sample",
        "We act for Mr Robin Sample and enclose his authority. Please disclose all personal data relating to our "
        "client within one "
        "month.\n\nThis e-mail is confidential. If you are not the intended recipient please delete this message "
        "and any copies.",
        (Right.ACCESS,),
    ),
    Asked(
        "Sam Copy",
        "change of name",
        "I got married in June, my surname is now Duplicate. Could you update your records?",
        (Right.RECTIFICATION,),
    ),
    Asked(
        "Ashley Draft",
        "Application",
        "",
        (Right.ERASURE,),
        html="<div>Hello,<br><br>My application was turned down. Please <i>erase</i> my CV and other personal data "
        "from your "
        "recruitment database.<br></div><!-- access copy -->",
    ),
    Asked(
        "Jo Variant",
        "Survey",
        "I agreed to take part in the graduate survey, but I have changed my mind and no longer consent. Please "
        "take me out of it.",
        (Right.WITHDRAWAL,),
    ),
    Asked(
        "Alex Rough",
        "GDPR",
        "Hello, I have a question about GDPR. Could somebody from your team call me back on 020 0000 0000?",
        (),
    ),
    Asked(
        "Terry Sketch",
        "direct marketing",
        "I object to my details being used for direct marketing or passed on to your partners.",
        (Right.MARKETING_OBJECTION,),
    ),
    Asked(
        "Kim Outline",
        "CCTV footage",
        "On 3 March around 6 pm my car was hit in the campus car park. I would like to obtain the CCTV footage in "
        "which I appear.",
        (Right.ACCESS,),
    ),
    Asked(
        "Eden Figure",
        "court case",
        "Please do not delete my reports, I need them in court. Keep them but freeze any use of them until then.",
        (Right.RESTRICTION,),
    ),
    Asked(
        "Curious Parent",
        "Term dates",
        "Hello, when does the term start and how do I access the car park? Many thanks.",
        (),
    ),
]
