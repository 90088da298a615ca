"""The countries of ISO 3166 with their names in French and English (Unicode CLDR, and other common ones)."""

from __future__ import annotations

#: Two letters, three letters, three digits; its names, in French and in English if it differs, then others.
COUNTRIES = """
AD AND 020 Andorre|Andorra
AE ARE 784 Émirats arabes unis|United Arab Emirates
AF AFG 004 Afghanistan
AG ATG 028 Antigua-et-Barbuda|Antigua & Barbuda
AI AIA 660 Anguilla
AL ALB 008 Albanie|Albania
AM ARM 051 Arménie|Armenia
AO AGO 024 Angola
AQ ATA 010 Antarctique|Antarctica
AR ARG 032 Argentine|Argentina
AS ASM 016 Samoa américaines|American Samoa
AT AUT 040 Autriche|Austria
AU AUS 036 Australie|Australia
AW ABW 533 Aruba
AX ALA 248 Îles Åland|Åland Islands
AZ AZE 031 Azerbaïdjan|Azerbaijan
BA BIH 070 Bosnie-Herzégovine|Bosnia & Herzegovina
BB BRB 052 Barbade|Barbados
BD BGD 050 Bangladesh
BE BEL 056 Belgique|Belgium
BF BFA 854 Burkina Faso
BG BGR 100 Bulgarie|Bulgaria
BH BHR 048 Bahreïn|Bahrain
BI BDI 108 Burundi
BJ BEN 204 Bénin|Benin
BL BLM 652 Saint-Barthélemy|St. Barthélemy
BM BMU 060 Bermudes|Bermuda
BN BRN 096 Brunei|Brunei|Brunei Darussalam
BO BOL 068 Bolivie|Bolivia|État plurinational de Bolivie|Plurinational State of Bolivia
BQ BES 535 Pays-Bas caribéens|Caribbean Netherlands|Bonaire, Saint-Eustache et Saba|Bonaire, Sint Eustatius and Saba
BR BRA 076 Brésil|Brazil
BS BHS 044 Bahamas
BT BTN 064 Bhoutan|Bhutan
BV BVT 074 Île Bouvet|Bouvet Island
BW BWA 072 Botswana
BY BLR 112 Biélorussie|Belarus|Bélarus
BZ BLZ 084 Belize
CA CAN 124 Canada
CC CCK 166 Îles Cocos|Cocos (Keeling) Islands
CD COD 180 Congo-Kinshasa|Congo - Kinshasa|République démocratique du Congo|RDC|Congo (République démocratique)
CF CAF 140 République centrafricaine|Central African Republic
CG COG 178 Congo-Brazzaville|Congo - Brazzaville|Congo|République du Congo|Republic of the Congo
CH CHE 756 Suisse|Switzerland
CI CIV 384 Côte d'Ivoire|Ivory Coast
CK COK 184 Îles Cook|Cook Islands
CL CHL 152 Chili|Chile
CM CMR 120 Cameroun|Cameroon
CN CHN 156 Chine|China|République populaire de Chine|People's Republic of China
CO COL 170 Colombie|Colombia
CR CRI 188 Costa Rica
CU CUB 192 Cuba
CV CPV 132 Cap-Vert|Cape Verde|Cabo Verde
CW CUW 531 Curaçao
CX CXR 162 Île Christmas|Christmas Island
CY CYP 196 Chypre|Cyprus
CZ CZE 203 Tchéquie|Czechia|République tchèque|Czech Republic
DE DEU 276 Allemagne|Germany
DJ DJI 262 Djibouti
DK DNK 208 Danemark|Denmark
DM DMA 212 Dominique|Dominica
DO DOM 214 République dominicaine|Dominican Republic
DZ DZA 012 Algérie|Algeria
EC ECU 218 Équateur|Ecuador
EE EST 233 Estonie|Estonia
EG EGY 818 Égypte|Egypt
EH ESH 732 Sahara occidental|Western Sahara
ER ERI 232 Érythrée|Eritrea
ES ESP 724 Espagne|Spain
ET ETH 231 Éthiopie|Ethiopia
FI FIN 246 Finlande|Finland
FJ FJI 242 Fidji|Fiji
FK FLK 238 Îles Malouines|Falkland Islands
FM FSM 583 Micronésie|Micronesia|États fédérés de Micronésie|Federated States of Micronesia
FO FRO 234 Îles Féroé|Faroe Islands
FR FRA 250 France
GA GAB 266 Gabon
GB GBR 826 Royaume-Uni|United Kingdom|Grande-Bretagne|UK|Great Britain
GD GRD 308 Grenade|Grenada
GE GEO 268 Géorgie|Georgia
GF GUF 254 Guyane française|French Guiana
GG GGY 831 Guernesey|Guernsey
GH GHA 288 Ghana
GI GIB 292 Gibraltar
GL GRL 304 Groenland|Greenland
GM GMB 270 Gambie|Gambia
GN GIN 324 Guinée|Guinea
GP GLP 312 Guadeloupe
GQ GNQ 226 Guinée équatoriale|Equatorial Guinea
GR GRC 300 Grèce|Greece
GS SGS 239 Géorgie du Sud-et-les Îles Sandwich du Sud|South Georgia & South Sandwich Islands
GT GTM 320 Guatemala
GU GUM 316 Guam
GW GNB 624 Guinée-Bissau|Guinea-Bissau|Guinée-Bissao
GY GUY 328 Guyana
HK HKG 344 R.A.S. chinoise de Hong Kong|Hong Kong SAR China|Hong Kong
HM HMD 334 Îles Heard-et-MacDonald|Heard & McDonald Islands
HN HND 340 Honduras
HR HRV 191 Croatie|Croatia
HT HTI 332 Haïti|Haiti
HU HUN 348 Hongrie|Hungary
ID IDN 360 Indonésie|Indonesia
IE IRL 372 Irlande|Ireland
IL ISR 376 Israël|Israel
IM IMN 833 Île de Man|Isle of Man
IN IND 356 Inde|India
IO IOT 086 Territoire britannique de l'océan Indien|British Indian Ocean Territory
IQ IRQ 368 Irak|Iraq
IR IRN 364 Iran|Iran|République islamique d'Iran|Iran (Islamic Republic of)|Islamic Republic of Iran
IS ISL 352 Islande|Iceland
IT ITA 380 Italie|Italy
JE JEY 832 Jersey
JM JAM 388 Jamaïque|Jamaica
JO JOR 400 Jordanie|Jordan
JP JPN 392 Japon|Japan
KE KEN 404 Kenya
KG KGZ 417 Kirghizstan|Kyrgyzstan|Kirghizistan
KH KHM 116 Cambodge|Cambodia
KI KIR 296 Kiribati
KM COM 174 Comores|Comoros
KN KNA 659 Saint-Christophe-et-Niévès|St. Kitts & Nevis
KP PRK 408 Corée du Nord|North Korea|République populaire démocratique de Corée|Democratic People's Republic of Korea
KR KOR 410 Corée du Sud|South Korea|République de Corée|Republic of Korea|Corée|Corée (République de)
KW KWT 414 Koweït|Kuwait
KY CYM 136 Îles Caïmans|Cayman Islands
KZ KAZ 398 Kazakhstan
LA LAO 418 Laos|Laos|République démocratique populaire lao|Lao People's Democratic Republic
LB LBN 422 Liban|Lebanon
LC LCA 662 Sainte-Lucie|St. Lucia
LI LIE 438 Liechtenstein
LK LKA 144 Sri Lanka
LR LBR 430 Liberia
LS LSO 426 Lesotho
LT LTU 440 Lituanie|Lithuania
LU LUX 442 Luxembourg
LV LVA 428 Lettonie|Latvia
LY LBY 434 Libye|Libya
MA MAR 504 Maroc|Morocco
MC MCO 492 Monaco
MD MDA 498 Moldavie|Moldova|République de Moldavie|Republic of Moldova
ME MNE 499 Monténégro|Montenegro
MF MAF 663 Saint-Martin|St. Martin
MG MDG 450 Madagascar
MH MHL 584 Îles Marshall|Marshall Islands
MK MKD 807 Macédoine du Nord|North Macedonia|Macédoine|Macedonia
ML MLI 466 Mali
MM MMR 104 Myanmar (Birmanie)|Myanmar (Burma)|Birmanie|Burma|Myanmar
MN MNG 496 Mongolie|Mongolia
MO MAC 446 R.A.S. chinoise de Macao|Macao SAR China|Macao|Macau
MP MNP 580 Îles Mariannes du Nord|Northern Mariana Islands
MQ MTQ 474 Martinique
MR MRT 478 Mauritanie|Mauritania
MS MSR 500 Montserrat
MT MLT 470 Malte|Malta
MU MUS 480 Maurice|Mauritius
MV MDV 462 Maldives
MW MWI 454 Malawi
MX MEX 484 Mexique|Mexico
MY MYS 458 Malaisie|Malaysia
MZ MOZ 508 Mozambique
NA NAM 516 Namibie|Namibia
NC NCL 540 Nouvelle-Calédonie|New Caledonia
NE NER 562 Niger
NF NFK 574 Île Norfolk|Norfolk Island
NG NGA 566 Nigeria
NI NIC 558 Nicaragua
NL NLD 528 Pays-Bas|Netherlands|Hollande|Holland
NO NOR 578 Norvège|Norway
NP NPL 524 Népal|Nepal
NR NRU 520 Nauru
NU NIU 570 Niue
NZ NZL 554 Nouvelle-Zélande|New Zealand
OM OMN 512 Oman
PA PAN 591 Panama
PE PER 604 Pérou|Peru
PF PYF 258 Polynésie française|French Polynesia
PG PNG 598 Papouasie-Nouvelle-Guinée|Papua New Guinea
PH PHL 608 Philippines
PK PAK 586 Pakistan
PL POL 616 Pologne|Poland
PM SPM 666 Saint-Pierre-et-Miquelon|St. Pierre & Miquelon
PN PCN 612 Îles Pitcairn|Pitcairn Islands
PR PRI 630 Porto Rico|Puerto Rico
PS PSE 275 Territoires palestiniens|Palestinian Territories|Palestine|État de Palestine|State of Palestine
PT PRT 620 Portugal
PW PLW 585 Palaos|Palau
PY PRY 600 Paraguay
QA QAT 634 Qatar
RE REU 638 La Réunion|Réunion
RO ROU 642 Roumanie|Romania
RS SRB 688 Serbie|Serbia
RU RUS 643 Russie|Russia|Fédération de Russie|Russian Federation
RW RWA 646 Rwanda
SA SAU 682 Arabie saoudite|Saudi Arabia
SB SLB 090 Îles Salomon|Solomon Islands
SC SYC 690 Seychelles
SD SDN 729 Soudan|Sudan
SE SWE 752 Suède|Sweden
SG SGP 702 Singapour|Singapore
SH SHN 654 Sainte-Hélène|St. Helena
SI SVN 705 Slovénie|Slovenia
SJ SJM 744 Svalbard et Jan Mayen|Svalbard & Jan Mayen
SK SVK 703 Slovaquie|Slovakia
SL SLE 694 Sierra Leone
SM SMR 674 Saint-Marin|San Marino
SN SEN 686 Sénégal|Senegal
SO SOM 706 Somalie|Somalia
SR SUR 740 Suriname
SS SSD 728 Soudan du Sud|South Sudan
ST STP 678 Sao Tomé-et-Principe|São Tomé & Príncipe
SV SLV 222 Salvador|El Salvador
SX SXM 534 Saint-Martin (partie néerlandaise)|Sint Maarten|Saint-Martin (Pays-Bas)
SY SYR 760 Syrie|Syria|République arabe syrienne|Syrian Arab Republic
SZ SWZ 748 Eswatini|Swaziland
TC TCA 796 Îles Turques-et-Caïques|Turks & Caicos Islands
TD TCD 148 Tchad|Chad
TF ATF 260 Terres australes françaises|French Southern Territories
TG TGO 768 Togo
TH THA 764 Thaïlande|Thailand
TJ TJK 762 Tadjikistan|Tajikistan
TK TKL 772 Tokelau
TL TLS 626 Timor oriental|Timor-Leste
TM TKM 795 Turkménistan|Turkmenistan
TN TUN 788 Tunisie|Tunisia
TO TON 776 Tonga
TR TUR 792 Turquie|Türkiye|Turkey
TT TTO 780 Trinité-et-Tobago|Trinidad & Tobago
TV TUV 798 Tuvalu
TW TWN 158 Taïwan|Taiwan
TZ TZA 834 Tanzanie|Tanzania|République-Unie de Tanzanie|United Republic of Tanzania
UA UKR 804 Ukraine
UG UGA 800 Ouganda|Uganda
UM UMI 581 Îles mineures éloignées des États-Unis|U.S. Outlying Islands
US USA 840 États-Unis|United States|États-Unis d'Amérique|USA|United States of America
UY URY 858 Uruguay
UZ UZB 860 Ouzbékistan|Uzbekistan
VA VAT 336 État de la Cité du Vatican|Vatican City|Vatican|Saint-Siège|Holy See
VC VCT 670 Saint-Vincent-et-les Grenadines|St. Vincent & Grenadines
VE VEN 862 Venezuela|Venezuela|République bolivarienne du Venezuela|Bolivarian Republic of Venezuela
VG VGB 092 Îles Vierges britanniques|British Virgin Islands
VI VIR 850 Îles Vierges des États-Unis|U.S. Virgin Islands
VN VNM 704 Viêt Nam|Vietnam|Viet Nam
VU VUT 548 Vanuatu
WF WLF 876 Wallis-et-Futuna|Wallis & Futuna
WS WSM 882 Samoa
XK XKK - Kosovo
YE YEM 887 Yémen|Yemen
YT MYT 175 Mayotte
ZA ZAF 710 Afrique du Sud|South Africa
ZM ZMB 894 Zambie|Zambia
ZW ZWE 716 Zimbabwe
"""
